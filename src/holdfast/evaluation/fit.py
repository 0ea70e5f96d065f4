"""Fit a model on labelled snapshots, compare it with the baselines and the champion, and describe it."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from holdfast.evaluation.champion import compare_with_champion
from holdfast.evaluation.inputs import EvaluationInputs, TrainingData, TrainingSettings
from holdfast.evaluation.model_card import complete_card, evaluate_best
from holdfast.evaluation.references import References, learn_references
from holdfast.model.training import TrainingResult, train_model
from holdfast.model.training_spec import TrainingSpec, text_spec
from holdfast.model.tuning import Tuner
from holdfast.text.model import parse_corpus


class FittedModel(NamedTuple):
    """A fitted model with its specification, card, test predictions and references."""

    trained: TrainingResult
    spec: TrainingSpec
    card: dict[str, Any]
    predictions: pa.Table
    references: References


def fit_and_evaluate(
    data: TrainingData, settings: TrainingSettings, *, version: str, day: dt.date,
    provenance: Mapping[str, Any], recorded: Mapping[str, Any], tuner: Tuner | None,
    progress: Callable[[str], None],
) -> FittedModel:  # fmt: skip
    """Fit a model, or choose a simple baseline that ranks better, and write its card.

    Args:
        version, day: the version of the model and the as-of date of the training.
        provenance: the card's entries about the data.
        recorded: the settings to record in the card, as JSON.
        tuner: the hyperparameter search; None: the settings are used as they are.
    """
    labelled, features, seed = data.labelled, data.features, settings.seed
    texts = data.texts if settings.model.text else None
    candidate = train_model(
        labelled.rows, labelled.splits, settings.model, features.columns, seed=seed, threads=settings.threads,
        progress=progress, corpus=parse_corpus(texts, settings.words, settings.text), tuner=tuner,
    )  # fmt: skip
    spec = TrainingSpec(
        candidate.settings, settings.timeline, settings.features,
        None if texts is None else text_spec(settings.text, settings.words),
        settings.source.mapping, tuple(sorted(features.columns)),
    )  # fmt: skip
    progress("evaluating against the baselines and the champion")
    inputs = EvaluationInputs(data, settings, compare_with_champion(spec, data, settings, day))
    trained, card, predictions = evaluate_best(candidate, inputs)
    references = learn_references(trained, labelled, seed)
    completed = complete_card(
        {**card, **provenance}, trained, references.drivers, data.champion, version=version,
        source=settings.source.name, day=day, churn=settings.churn, seed=seed, settings=recorded,
    )  # fmt: skip
    return FittedModel(trained, spec, completed, predictions, references)
