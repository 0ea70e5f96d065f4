"""Evaluate a fitted model on its test: everything that a card says of it."""

from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.demo.truth import achievable_auc
from holdfast.evaluation.card import judge
from holdfast.evaluation.inputs import EvaluationInputs
from holdfast.evaluation.model_card import describe_model
from holdfast.evaluation.test_set import build_test_set, tabulate
from holdfast.model.fit import Trained
from holdfast.model.labelled import Labelled


def evaluate_model(
    labelled: Labelled, trained: Trained, inputs: EvaluationInputs
) -> tuple[dict[str, Any], pa.Table]:
    """The card's part about the model itself, and the test that all of its figures can be recomputed from."""
    rows, division = labelled.rows, labelled.division
    test = build_test_set(rows, division, trained, inputs)
    predictions = tabulate(rows.take(pa.array(division.test.judge)), test)
    evaluated = judge(test, inputs.seed, inputs.gate)
    card = evaluated | describe_model(
        evaluated, trained, division, labelled.plan, inputs.dates, inputs.outcome
    )  # fmt: skip
    card["money"] = {**evaluated["money"], "currency": inputs.currency}
    best, auc = _achievable(predictions, inputs), evaluated["metrics"]["test"]["auc"]
    if best is not None and auc is not None:
        card["achievable_auc"] = best
        card["share_of_achievable_gini"] = (2 * auc - 1) / (2 * best - 1)
    return card, predictions


def _achievable(predictions: pa.Table, inputs: EvaluationInputs) -> float | None:
    """The AUC of the demo company's true probabilities on the test rows; None for real companies."""
    if inputs.truth is None:
        return None
    outcome = inputs.outcome
    rows = predictions.select(["customer_id", "as_of", "churned"]).to_pandas()
    best = achievable_auc(
        inputs.truth, rows, horizon_days=outcome.horizon_days, gap_days=outcome.gap_days
    )  # fmt: skip
    return None if best is None or not np.isfinite(best) else float(best)
