"""The champion's predictions on a challenger's test rows, for a fair comparison."""

import datetime as dt
import logging

from holdfast.contacts.snapshots import apply_policy
from holdfast.errors import NoFitModel
from holdfast.evaluation.inputs import Comparison, TrainingData, TrainingSettings
from holdfast.features.request import plan_by, training_dates
from holdfast.model.training import predict_with_settings
from holdfast.model.training_spec import (
    Available,
    TrainingSpec,
    describe_lacking,
    find_lacking,
    read_spec,
    reduce_to,
)
from holdfast.text.log import TextLog
from holdfast.text.model import Corpus, parse_corpus
from holdfast.text.settings import TextSettings, Words

logger = logging.getLogger(__name__)


def compare_with_champion(
    spec: TrainingSpec, data: TrainingData, settings: TrainingSettings, day: dt.date
) -> Comparison:
    """Predict the test rows with the champion, or with a refit of its specification.

    A champion trained before all test dates has not seen the test outcomes: its own predictions are used. Any
    other champion has seen them: its specification is refitted on the challenger's rows. The comparison would
    be unfair if the challenger's table lacks data that the champion had (see `model.training_spec`).

    Args:
        spec: the challenger's specification; `data` and `settings`: those of its training.
        day: the as-of date of the training.
    """
    champion, test = data.champion, data.labelled.test_rows()
    if champion is None:
        return Comparison()
    first_test = min(test["as_of"].to_pylist(), default=None)
    if champion.bundle is not None and first_test is not None and champion.as_of <= first_test:
        try:
            predicted = champion.bundle.predict(test, data.texts)
            return Comparison(predicted, champion_exists=True)
        except NoFitModel:
            logger.info(
                "the champion needs columns that are no longer there: its specification is fitted anew"
            )
    other = read_spec(champion.spec, spec)
    if other is None:
        logger.info(
            "the champion was made by another version of Holdfast: its specification cannot be fitted anew"
        )
        return Comparison(champion_exists=True)
    if other == spec:
        return Comparison(champion_exists=True)  # newer data is all that differs
    available = available_to(other, data, settings, day)
    lacking = find_lacking(spec, other, available)
    if lacking and not settings.gate.allow_less_data:
        return Comparison(lacking=describe_lacking(lacking, champion.as_of), champion_exists=True)
    logger.info("another specification than the champion's: the champion's is fitted on the same rows")
    timeline, labelled = other.timeline, data.labelled
    rows, splits = apply_policy(timeline.contacted_policy, labelled.rows, labelled.splits)
    rows, splits = reduce_to(other, spec, available, rows, splits)  # without the rows that `spec` dropped
    probability = predict_with_settings(
        rows, splits, other.model,
        seed=settings.seed, threads=settings.threads, corpus=_corpus_by(other, data.texts),
    )  # fmt: skip
    return Comparison(probability, champion_exists=True)


def available_to(
    spec: TrainingSpec, data: TrainingData, settings: TrainingSettings, day: dt.date
) -> Available:
    """Compare a training's data with the data that another specification would use on the same day."""
    delay, features = spec.timeline.label_delay_days, data.features
    outcome = features.outcome if delay is None else settings.churn.outcome(delay)
    columns = [column.name for column in plan_by(spec.features, data.streams, settings.churn).columns]
    mature = training_dates(features.first_day, day, outcome, spec.timeline)
    return Available(
        tuple(features.dates), features.customer_share < 1, mature, columns, outcome.horizon_days
    )


def _corpus_by(spec: TrainingSpec, texts: TextLog | None) -> Corpus | None:
    """The texts, parsed with a specification's settings; None: it uses no texts, or there are none."""
    if not spec.model.text or not spec.texts:
        return None
    words = {language: Words.model_validate(lists) for language, lists in spec.texts["words"].items()}
    return parse_corpus(texts, words, TextSettings.model_validate(spec.texts["text"]))
