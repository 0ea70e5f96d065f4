"""The champion's predictions on a challenger's test rows, for a fair comparison."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.contacts.snapshots import apply_policy
from holdfast.errors import NoFitModel
from holdfast.features.request import plan_by, training_dates
from holdfast.features.summary import FeaturesSummary
from holdfast.model.bundle import Bundle
from holdfast.model.labelled import Labelled
from holdfast.model.training import predict_with_settings
from holdfast.model.training_spec import (
    Available,
    TrainingSpec,
    describe_lacking,
    find_lacking,
    read_spec,
    reduce_to,
)
from holdfast.snapshots.churn import Churn
from holdfast.streams.assembly import StreamTable
from holdfast.text.log import TextLog
from holdfast.text.model import Corpus, parse_any
from holdfast.text.settings import TextSettings, Words

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Champion:
    """The model in use.

    Attributes:
        as_of: its training date.
        bundle: the model itself; None: this version of Holdfast cannot read it.
        spec: the settings of its training, as JSON; None: only the card holds them.
    """

    as_of: dt.date
    bundle: Bundle | None
    spec: Mapping[str, Any] | None
    card: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The champion's side of a comparison.

    Attributes:
        probability: (test rows,) predicted by the champion or by a refit of its specification; None: there is
            no champion, its specification is the same, or it cannot be refitted.
        lacking: why the challenger cannot be compared with the champion, and what to do; None: it can.
        champion_exists: a model was promoted before.
    """

    probability: NDArray[np.float64] | None = None
    lacking: str | None = None
    champion_exists: bool = False


@dataclasses.dataclass(frozen=True)
class Challenge:
    """A challenger's side of a comparison.

    Attributes:
        labelled: its labelled snapshots.
        features: the features table that they were taken from.
        texts: the customers' texts; None: there are none.
        streams: the streams of the current source.
        day: the as-of date of the training.
    """

    spec: TrainingSpec
    labelled: Labelled
    features: FeaturesSummary
    texts: TextLog | None
    streams: Mapping[str, StreamTable]
    churn: Churn
    day: dt.date
    allow_less_data: bool
    seed: int
    threads: int | None


def compare_with_champion(challenge: Challenge, champion: Champion | None) -> Comparison:
    """Predict the test rows with the champion, or with a refit of its specification.

    A champion trained before all test dates has not seen the test outcomes: its own predictions are used. Any
    other champion has seen them: its specification is refitted on the challenger's rows. The comparison would
    be unfair if the challenger's table lacks data that the champion had (see `model.training_spec`).
    """
    if champion is None:
        return Comparison()
    test = challenge.labelled.test_rows()
    first_test = min(test["as_of"].to_pylist(), default=None)
    if champion.bundle is not None and first_test is not None and champion.as_of <= first_test:
        try:
            predicted = champion.bundle.predict(test, challenge.texts)
            return Comparison(predicted, champion_exists=True)
        except NoFitModel:
            logger.info(
                "the champion needs columns that are no longer there: its specification is fitted anew"
            )
    spec = read_spec(champion.spec, champion.card, challenge.spec)
    if spec is None:
        logger.info(
            "the champion was made by another version of Holdfast: its specification cannot be fitted anew"
        )
        return Comparison(champion_exists=True)
    if spec == challenge.spec:
        return Comparison(champion_exists=True)  # newer data is all that differs
    data = available_to(spec, challenge)
    lacking = find_lacking(challenge.spec, spec, data)
    if lacking and not challenge.allow_less_data:
        return Comparison(lacking=describe_lacking(lacking, champion.as_of), champion_exists=True)
    logger.info("another specification than the champion's: the champion's is fitted on the same rows")
    return Comparison(_refit(challenge, spec, data), champion_exists=True)


def available_to(spec: TrainingSpec, challenge: Challenge) -> Available:
    """Compare the challenger's table with the data that another specification would use on the same day."""
    delay, features = spec.timeline.label_delay_days, challenge.features
    outcome = features.outcome if delay is None else challenge.churn.outcome(delay)
    columns = [column.name for column in plan_by(spec.features, challenge.streams).columns]
    mature = training_dates(features.first_day, challenge.day, outcome, spec.timeline)
    return Available(
        tuple(features.dates), features.customer_share < 1, mature, columns, outcome.horizon_days
    )


def _refit(challenge: Challenge, spec: TrainingSpec, available: Available) -> NDArray[np.float64]:
    """(test rows,) the probabilities of the champion's specification, refitted on the challenger's rows.

    The champion's policy for contacted customers applies, but rows that the challenger dropped are missing.
    """
    rows, splits = apply_policy(
        spec.timeline.contacted_policy, challenge.labelled.rows, challenge.labelled.splits
    )
    rows, splits = reduce_to(spec, challenge.spec, available, rows, splits)
    return predict_with_settings(
        rows, splits, spec.model,
        seed=challenge.seed, threads=challenge.threads, corpus=_corpus_by(spec, challenge.texts),
    )  # fmt: skip


def _corpus_by(spec: TrainingSpec, texts: TextLog | None) -> Corpus | None:
    """The texts, parsed with a specification's settings; None: it uses no texts, or there are none."""
    if not spec.model.text or not spec.texts:
        return None
    words = {language: Words.model_validate(lists) for language, lists in spec.texts["words"].items()}
    return parse_any(texts, words, TextSettings.model_validate(spec.texts["text"]))
