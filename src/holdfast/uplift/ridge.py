"""Ridge regression with a penalty chosen by folds, from sums of products: few rows are in memory at once."""

import numpy as np
from numpy.typing import NDArray

PENALTIES = np.logspace(-1, 5, 19)
CHUNK = 50_000  # rows whose terms are held in double precision at once

Floats = NDArray[np.float64]


def fit_ridge(
    terms: NDArray[np.float32], factor: Floats, target: Floats, fold: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Regress `target` on `factor · terms` with the penalty that predicts unseen folds best.

    The first term is not penalised.

    Args:
        terms: (rows, terms), without the factor.
        fold: (rows,) the fold of each row, from 0.

    Returns:
        (terms,) the weights; and (rows,) each row's terms times the weights of a fit without its fold.
    """
    folds, width = int(fold.max()) + 1, terms.shape[1]
    products, moments = np.zeros((folds, width, width)), np.zeros((folds, width))
    for start in range(0, len(terms), CHUNK):
        rows = slice(start, start + CHUNK)
        scaled = terms[rows].astype(np.float64) * factor[rows, None]
        for number in range(folds):
            part = scaled[fold[rows] == number]
            products[number] += part.T @ part
            moments[number] += part.T @ target[rows][fold[rows] == number]
    whole, moment = products.sum(axis=0), moments.sum(axis=0)
    free = np.eye(width)
    free[0, 0] = 0.0
    ridges = PENALTIES[:, None, None] * free + 1e-9 * np.eye(width)
    left, target_left = whole - products, (moment - moments)[..., None]  # without each fold
    fits = [np.linalg.solve(left + ridge, target_left)[..., 0] for ridge in ridges]
    losses = [
        np.einsum("fs,fst,ft", weights, products, weights) - 2 * np.einsum("ft,ft", weights, moments)
        for weights in fits
    ]
    best = int(np.argmin(losses))
    unseen = np.zeros(len(terms))
    for number in range(folds):
        rows_of = fold == number
        unseen[rows_of] = terms[rows_of] @ fits[best][number]
    return np.linalg.solve(whole + ridges[best], moment), unseen
