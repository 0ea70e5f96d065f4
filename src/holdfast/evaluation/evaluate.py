"""Evaluate the predictions on a test set: metrics, intervals, comparisons, segments, grade and gate."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.audit.findings import Finding
from holdfast.evaluation.data_warnings import (
    TrainingSize,
    describe_too_good,
    is_too_good,
    test_set_warnings,
    training_warnings,
)
from holdfast.evaluation.gate import ChallengerResult, Comparison, Leak, better_baselines, decide
from holdfast.evaluation.grade import Calibration, grade_model
from holdfast.evaluation.profit import Campaign, evaluate_profit
from holdfast.evaluation.segments import Predictions, evaluate_dates, evaluate_segments, flag_weak
from holdfast.evaluation.settings import GateSettings
from holdfast.evaluation.still_active import evaluate_active
from holdfast.metrics.bootstrap import CustomerBootstrap, Interval, as_dicts
from holdfast.metrics.classification import (
    LIST_METRICS,
    METRICS,
    TOP_SHARE,
    chance_calibration_error,
    compute_metrics,
)
from holdfast.model.baseline_model import LOGISTIC

Array = NDArray[Any]

COMPARED = ("auc", "average_precision", "log_loss", "brier", "list_precision")
CHAMPION = "champion"
CLEAR_FIRST = "run `holdfast audit` before anyone is called by this model"


@dataclasses.dataclass(frozen=True)
class TestSet:
    """The test rows with the predictions of all models.

    Attributes:
        churned, probability: (rows,) label, and prediction of the challenger fitted on earlier dates only.
        customers: (rows,) the customer of each snapshot; the bootstrap draws customers.
        baselines: (rows,) probabilities of each baseline.
        champion: (rows,) probabilities of the champion or its refit; None: there is no champion, or it has
            the same specification.
        has_champion: whether there is a champion.
        test_by: `time` or `customers` (see `model.splits`).
        text_ablation: (rows,) probabilities of a bag of trees with texts and of one without; None: no texts.
        as_of, days_after_training: see `segments.Predictions`.
        list_share: the capacity of the list as a share of the customers.
        segments: for each attribute, (rows,) the segment of each row; None: in no segment.
        folds: the challenger's out-of-fold predictions; None: there are no folds.
        campaign: value and costs of contacting each customer; None: profit is not evaluated.
        training: the size of the challenger's training data; None: unknown.
        find_suspects: called when the AUC is too good; returns columns that rank well alone, with their AUC.
        not_comparable: why the challenger cannot be compared with the champion, and what to do; None: it can.
        leaks: findings about columns that contain future information.
        suspected_leaks: a sentence for each column that may contain it, with the next step.
        customer_value: (rows,) the value of each customer if kept, money; 0: unknown.
        lapsed: (rows,) whether the customer had lapsed and would not be listed; None: unknown.
        involuntary: (rows,) of those who churned: 1 because a payment failed, else 0; NaN for all others.
            None: the source has no payments.
    """

    __test__ = False  # not a pytest class

    churned: Array
    probability: Array
    customers: Array
    baselines: Mapping[str, Array]
    champion: Array | None
    has_champion: bool
    test_by: str
    text_ablation: tuple[Array, Array] | None = None
    as_of: Array | None = None
    days_after_training: Array | None = None
    list_share: float = TOP_SHARE
    segments: Mapping[str, Array] = dataclasses.field(default_factory=dict)
    folds: Predictions | None = None
    campaign: Campaign | None = None
    training: TrainingSize | None = None
    find_suspects: Callable[[], Mapping[str, float]] = dict
    not_comparable: str | None = None
    leaks: tuple[Finding, ...] = ()
    suspected_leaks: tuple[str, ...] = ()
    customer_value: Array | None = None
    lapsed: Array | None = None
    involuntary: Array | None = None

    @property
    def customer_codes(self) -> NDArray[np.intp]:
        """(rows,) the customers as integer codes in the order of their ids, which are faster to draw."""
        return pd.factorize(np.asarray(self.customers), sort=True)[0]

    def others(self) -> dict[str, Array]:
        """The probabilities of the baselines and the champion."""
        return {**self.baselines, **({} if self.champion is None else {CHAMPION: self.champion})}


def evaluate(test: TestSet, seed: int, settings: GateSettings | None = None) -> dict[str, Any]:
    """Metrics, intervals, comparisons, segments, grade and gate of a model's test, as JSON."""
    settings, share = settings or GateSettings(), test.list_share
    bootstrap = CustomerBootstrap(test.customer_codes, seed)
    metrics = compute_metrics(test.churned, test.probability, share)
    intervals = bootstrap.intervals(test.churned, test.probability, (*METRICS, *LIST_METRICS), share)
    if test.campaign is not None:
        profit = evaluate_profit(
            test.campaign, test.churned, test.probability, test.customer_codes, share, seed
        )
        intervals |= profit
        metrics |= {name: span.value for name, span in profit.items()}
    differences = bootstrap.paired_differences(COMPARED, test.churned, test.probability, test.others(), share)
    others = {name: compute_metrics(test.churned, other, share) for name, other in test.others().items()}
    simple = [others[name]["auc"] for name in test.baselines if name != LOGISTIC]
    too_good = intervals["auc"].low is not None and is_too_good(metrics["auc"], simple, settings)
    suspects = test.find_suspects() if too_good and not test.leaks else None
    leak = find_leak(test, metrics["auc"], suspects, settings)
    result = challenger_result(test, metrics, intervals, differences, leak)
    rows = len(test.churned)
    calibration = Calibration(
        result.ece, result.chance_ece, float(test.probability.mean()) if rows else None,
        float(test.churned.mean()) if rows else None,
    )  # fmt: skip
    grade, meaning = grade_model(
        intervals["auc"], calibration, {name: other.auc for name, other in result.baselines.items()},
        test.test_by, settings, leaking=bool(test.leaks), too_good=too_good,
    )  # fmt: skip
    return {
        "metrics": {"test": metrics},
        "intervals": {"test": as_dicts(intervals)},
        "still_active": evaluate_active(test.churned, test.probability, test.lapsed, share),
        "involuntary": evaluate_involuntary(test),
        "chance_ece": result.chance_ece,
        "baselines": {name: others[name] for name in test.baselines},
        "champion": others.get(CHAMPION),
        "differences": {name: as_dicts(metric) for name, metric in differences.items()},
        **evaluate_parts(test, metrics, seed),
        "text": None if test.text_ablation is None else evaluate_texts(test, *test.text_ablation, bootstrap),
        "test_by": test.test_by,
        "list_share": share,
        "money": None if test.campaign is None else test.campaign.terms(),
        "grade": grade,
        "grade_text": meaning,
        "better_baselines": better_baselines(result.baselines, settings.auc_margin),
        "gate": decide(result, settings).to_dict(),
        "value_alone": value_alone_does(test.campaign, intervals),
        "warnings": collect_warnings(test, metrics["auc"], suspects, leak, settings),
    }


def evaluate_involuntary(test: TestSet) -> dict[str, Any] | None:
    """How many churned because a payment failed, and the AUC of each kind of churn against those who stayed.

    Returns:
        churned, involuntary (counts of test rows), auc_voluntary, auc_involuntary (None: undefined). None:
        the source has no payments.
    """
    if test.involuntary is None:
        return None
    figures: dict[str, Any] = {
        "churned": int(test.churned.sum()), "involuntary": int((test.involuntary == 1).sum())
    }  # fmt: skip
    for name, kind in (("auc_voluntary", 0), ("auc_involuntary", 1)):
        rows = (test.churned == 0) | (test.involuntary == kind)
        figures[name] = compute_metrics(test.churned[rows], test.probability[rows], test.list_share)["auc"]
    return figures


def value_alone_does(campaign: Campaign | None, intervals: Mapping[str, Interval]) -> bool:
    """Whether the test does not show that the model's list earns more than one ranked by value alone."""
    if campaign is None or campaign.assumed:
        return False
    gain = intervals["list_profit_over_value"]
    return gain.low is None or gain.low <= 0


def challenger_result(
    test: TestSet, metrics: Mapping[str, Any], intervals: Mapping[str, Interval],
    differences: Mapping[str, Mapping[str, Interval]], leak: Leak | None,
) -> ChallengerResult:  # fmt: skip
    """The results that the gate decides on."""
    comparisons = {
        name: Comparison(metric["auc"], metric["log_loss"]) for name, metric in differences.items()
    }
    return ChallengerResult(
        auc=intervals["auc"],
        baselines={name: comparisons[name] for name in test.baselines},
        champion=comparisons.get(CHAMPION),
        has_champion=test.has_champion,
        ece=metrics["ece"],
        chance_ece=chance_calibration_error(test.probability) if len(test.probability) else 0.0,
        list_lift=intervals["list_lift"],
        leak=leak,
        not_comparable=test.not_comparable,
    )


def find_leak(
    test: TestSet, auc: float | None, suspects: Mapping[str, float] | None, settings: GateSettings
) -> Leak | None:
    """The known or strongly suspected leak; None: there is none.

    Args:
        suspects: columns that rank well alone, with their AUC; None: the model's AUC is not too good.
    """
    if test.leaks:
        columns = tuple(dict.fromkeys(name for leak in test.leaks for name in leak.columns))
        return Leak(columns, test.leaks[0].found, test.leaks[0].next_step)
    if auc is None or suspects is None:
        return None
    if not suspects and test.champion is None:
        return None  # a warning and grade C; no column stands out, and there is no champion to lose
    return Leak(
        tuple(sorted(suspects, key=lambda name: (-suspects[name], name))),
        describe_too_good(auc, suspects, settings),
        CLEAR_FIRST,
    )


def evaluate_parts(test: TestSet, metrics: Mapping[str, Any], seed: int) -> dict[str, list[dict[str, Any]]]:
    """Metrics of each segment of the test and each date of folds and test; the weak ones are flagged."""
    rows = Predictions(
        test.churned, test.probability, test.customer_codes, test.as_of, test.days_after_training
    )
    segments = evaluate_segments(rows, test.segments, test.list_share, seed)
    dates = [] if test.folds is None else evaluate_dates(test.folds, "fold", test.list_share, seed)
    dates += evaluate_dates(rows, "test", test.list_share, seed)
    for parts in (segments, dates):
        flag_weak(parts, metrics["auc"])
    return {"by_segment": segments, "by_date": dates}


def collect_warnings(
    test: TestSet, auc: float | None, suspects: Mapping[str, float] | None, leak: Leak | None,
    settings: GateSettings,
) -> list[str]:  # fmt: skip
    """All warnings of the card: leaks first, then little data."""
    warnings = [f"a column knows the future: {finding.to_words()}" for finding in test.leaks]
    if auc is not None and suspects is not None:
        warnings.append(f"{describe_too_good(auc, suspects, settings)}; {CLEAR_FIRST}")
    if leak is not None and settings.accept_leak:
        warnings.append("gate.accept_leak=true: the gate does not hold this against the model")
    warnings += [f"a column may know the future: {leak}" for leak in test.suspected_leaks]
    if test.training is not None:
        warnings += training_warnings(test.training, settings)
    return warnings + test_set_warnings(test.churned, test.customers, test.test_by, settings)


def evaluate_texts(
    test: TestSet, with_text: Array, without: Array, bootstrap: CustomerBootstrap
) -> dict[str, Any]:
    """Metrics with texts and without, and their paired difference (with minus without)."""
    adds = bootstrap.paired_differences(("auc", "log_loss"), test.churned, with_text, {"without": without})
    return {
        "with": compute_metrics(test.churned, with_text),
        "without": compute_metrics(test.churned, without),
        "adds": as_dicts(adds["without"]),
    }
