"""Fit a model on labelled snapshots, hold it against the baselines and the champion, and describe it."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from holdfast.audit.settings import AuditSettings
from holdfast.evaluation.champion import Challenge, Champion, compare_with_champion
from holdfast.evaluation.inputs import EvaluationInputs
from holdfast.evaluation.model_card import complete_card, evaluate_best
from holdfast.evaluation.references import References, learn_references
from holdfast.evaluation.settings import GateSettings
from holdfast.features.settings import FeatureSettings
from holdfast.features.summary import FeaturesSummary
from holdfast.model.labelled import Labelled
from holdfast.model.settings import ModelSettings
from holdfast.model.training import TrainingResult, train_model
from holdfast.model.training_spec import TrainingSpec, text_spec
from holdfast.model.tuning import Tuner
from holdfast.outreach.settings import OutreachSettings
from holdfast.snapshots.churn import Churn
from holdfast.sources.settings import SourceSettings
from holdfast.streams.assembly import StreamTable
from holdfast.text.log import TextLog
from holdfast.text.model import parse_any
from holdfast.text.settings import TextSettings, Words
from holdfast.timeline.settings import TimelineSettings


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """The tables of a training.

    Attributes:
        labelled: the labelled snapshots, taken from `features`.
        texts: the customers' texts; None: there are none.
        streams: the streams of the source.
        stated: (test rows,) the customer values that the company states, money; None: it states none.
        champion: the model in use; None: no model was promoted yet.
        truth: the demo company's true probabilities; None: a real company.
    """

    labelled: Labelled
    features: FeaturesSummary
    texts: TextLog | None
    streams: Mapping[str, StreamTable]
    stated: pd.Series | None
    champion: Champion | None
    truth: pa.Table | None


@dataclasses.dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training. `threads`: None for all cores."""

    churn: Churn
    timeline: TimelineSettings
    features: FeatureSettings
    model: ModelSettings
    text: TextSettings
    words: Mapping[str, Words]
    gate: GateSettings
    audit: AuditSettings
    outreach: OutreachSettings
    source: SourceSettings
    seed: int
    threads: int | None


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
    fitted = train_model(
        labelled.rows, labelled.splits, settings.model, features.columns, seed=seed, threads=settings.threads,
        progress=progress, corpus=parse_any(texts, settings.words, settings.text), tuner=tuner,
    )  # fmt: skip
    spec = TrainingSpec(
        fitted.settings, settings.timeline, settings.features,
        None if texts is None else text_spec(settings.text, settings.words),
        settings.source.mapping, tuple(sorted(features.columns)),
    )  # fmt: skip
    progress("evaluating against the baselines and the champion")
    challenge = Challenge(
        spec, labelled, features, data.texts, data.streams, settings.churn, day,
        settings.gate.allow_less_data, seed, settings.threads,
    )  # fmt: skip
    inputs = EvaluationInputs(
        compare_with_champion(challenge, data.champion), features, data.stated,
        settings.source.undated_attributes, settings.source.currency, settings.model, settings.outreach,
        settings.gate, settings.audit, settings.churn.kind == "inactivity", seed, data.truth,
    )  # fmt: skip
    trained, card, predictions = evaluate_best(labelled, fitted, inputs)
    references = learn_references(trained, labelled, seed)
    completed = complete_card(
        {**card, **provenance}, trained, references.drivers, data.champion, version=version,
        source=settings.source.name, day=day, churn=settings.churn, seed=seed, settings=recorded,
    )  # fmt: skip
    return FittedModel(trained, spec, completed, predictions, references)
