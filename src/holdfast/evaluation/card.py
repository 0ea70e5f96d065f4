"""The card of a model: everything that a reader needs to trust it or not, as one JSON object."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.evaluation.floors import Ground, floor_warnings, ground_warnings, leak_warning
from holdfast.evaluation.gate import RULE, Ahead, Evidence, decide
from holdfast.evaluation.grade import grade
from holdfast.evaluation.groups import Predictions, find_weak, judge_dates, judge_groups
from holdfast.evaluation.intervals import Interval, Sample, intervals, paired_differences
from holdfast.evaluation.metrics import LIST_METRICS, METRICS, TOP_SHARE, chance_error, grade_predictions
from holdfast.evaluation.money import Money, judge_money
from holdfast.evaluation.settings import GateSettings

Array = NDArray[Any]

COMPARED = ("auc", "average_precision", "log_loss", "brier", "list_precision")
CHAMPION = "champion"


@dataclasses.dataclass(frozen=True)
class Test:
    """Predictions on the test rows, and all that they are held against.

    Attributes:
        churned, probability: of the challenger, fitted on nothing that the test's days overlap.
        customers: whose rows they are (a bootstrap draws customers).
        baselines: the probabilities of each baseline on the same rows.
        rival: those of the champion (or its recipe) on the same rows; None where there is none, or its
            recipe is the same.
        succeeds: there is a champion.
        by: `time` or `customers` (see `model.division`).
        worth: the probabilities of one bag of trees with texts and one without; None: no texts were read.
        as_of, days_after: see `groups.Predictions`.
        list_share: the share of the customers that a list has room for.
        labels: for each attribute the segment of each row; None: in none.
        folds: the same challenger's predictions on the folds' judged rows; None: there are no folds.
        money: what calling would have brought; None: not asked.
        ground: what was learned from; None: not known.
        suspects: asked only where the AUC is too good: columns that rank well alone, with their AUC.
        less: why the challenger has less to learn from than the champion, and what to do; None: it has not.
        leaks, doubts: columns that surely, or perhaps, know the future, each as a sentence with what to do.
        value: (rows,) what each customer is worth if kept, money; 0: not known.
    """

    __test__ = False  # not a pytest class

    churned: Array
    probability: Array
    customers: Array
    baselines: Mapping[str, Array]
    rival: Array | None
    succeeds: bool
    by: str
    worth: tuple[Array, Array] | None = None
    as_of: Array | None = None
    days_after: Array | None = None
    list_share: float = TOP_SHARE
    labels: Mapping[str, Array] = dataclasses.field(default_factory=dict)
    folds: Predictions | None = None
    money: Money | None = None
    ground: Ground | None = None
    suspects: Callable[[], Mapping[str, float]] = dict
    less: str | None = None
    leaks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    value: Array | None = None

    @property
    def codes(self) -> NDArray[np.intp]:
        """(rows,) the customers as numbers, in the order of their ids: strings are slow to draw."""
        return pd.factorize(np.asarray(self.customers), sort=True)[0]

    def others(self) -> dict[str, Array]:
        """The probabilities of everybody that the challenger is held against."""
        return {**self.baselines, **({} if self.rival is None else {CHAMPION: self.rival})}


def judge(test: Test, seed: int, limits: GateSettings | None = None) -> dict[str, Any]:
    """The judging part of a card: metrics, intervals, baselines, groups, dates, grade and gate."""
    limits, share, codes = limits or GateSettings(), test.list_share, test.codes
    sample = Sample(codes, seed)  # one for all figures: the draws are the same
    metrics = grade_predictions(test.churned, test.probability, share)
    spans = intervals(
        test.churned, test.probability, sample, (*METRICS, *LIST_METRICS), seed=seed, list_share=share
    )
    if test.money is not None:
        money = judge_money(test.money, test.churned, test.probability, sample, share, seed)
        spans |= money
        metrics |= {name: span.value for name, span in money.items()}
    ahead = paired_differences(
        COMPARED, test.churned, test.probability, test.others(), sample, seed=seed, list_share=share
    )
    found = gather(test, metrics, spans, ahead)
    recency = found.baselines[RULE].auc if RULE in found.baselines else None
    letter, meaning = grade(spans["auc"], found.ece, recency, test.by, limits, leaking=bool(test.leaks))
    parties = {name: grade_predictions(test.churned, other, share) for name, other in test.others().items()}
    return {
        "metrics": {"test": metrics},
        "intervals": {"test": as_dicts(spans)},
        "chance_ece": found.chance_ece,
        "baselines": {name: parties[name] for name in test.baselines},
        "champion": parties.get(CHAMPION),
        "differences": {name: as_dicts(one) for name, one in ahead.items()},
        **judge_parts(test, codes, metrics, seed),
        "text": None if test.worth is None else weigh_texts(test, *test.worth, sample, seed),
        "test_by": test.by,
        "list_share": share,
        "money": None if test.money is None else terms(test.money),
        "grade": letter,
        "grade_text": meaning,
        "gate": decide(found, limits).to_dict(),
        "warnings": warn(test, metrics["auc"], limits),
    }


def gather(
    test: Test, metrics: Mapping[str, Any], spans: Mapping[str, Interval],
    ahead: Mapping[str, Mapping[str, Interval]],
) -> Evidence:  # fmt: skip
    """What the gate goes by."""
    pairs = {name: Ahead(one["auc"], one["log_loss"]) for name, one in ahead.items()}
    rival = test.rival
    return Evidence(
        auc=spans["auc"],
        baselines={name: pairs[name] for name in test.baselines},
        champion=pairs.get(CHAMPION),
        succeeds=test.succeeds,
        less=test.less,
        leak=test.leaks[0] if test.leaks else None,
        ece=metrics["ece"],
        chance_ece=chance_error(test.probability) if len(test.probability) else 0.0,
        list_lift=spans["list_lift"],
        rival_auc=None if rival is None else grade_predictions(test.churned, rival)["auc"],
    )


def judge_parts(
    test: Test, codes: NDArray[np.intp], metrics: Mapping[str, Any], seed: int
) -> dict[str, list[dict[str, Any]]]:
    """Segments, and the dates of folds and test, with what is weak in the segments."""
    rows = Predictions(test.churned, test.probability, codes, test.as_of, test.days_after)
    groups = judge_groups(rows, test.labels, test.list_share, seed)
    gap = float((test.probability - test.churned).mean()) if len(codes) else 0.0
    find_weak(groups, metrics["auc"], gap)
    dates = [] if test.folds is None else judge_dates(test.folds, "fold", test.list_share, seed)
    dates += judge_dates(rows, "test", test.list_share, seed)
    find_weak(dates, metrics["auc"], gap)
    return {"by_segment": groups, "by_date": dates}


def warn(test: Test, auc: float | None, limits: GateSettings) -> list[str]:
    """What the reader must know before anything else."""
    warnings = [f"a column knows the future: {one}" for one in test.leaks]
    if auc is not None and auc > limits.too_good_auc and not warnings:
        warnings.append(leak_warning(auc, test.suspects()))
    warnings += [f"a column may know the future: {one}" for one in test.doubts]
    if test.ground is not None:
        warnings += ground_warnings(test.ground, limits)
    return warnings + floor_warnings(test.churned, test.customers, test.by, limits)


def weigh_texts(test: Test, with_text: Array, without: Array, sample: Sample, seed: int) -> dict[str, Any]:
    """What texts add: the figures with them and without, and with minus without, paired."""
    adds = paired_differences(
        ("auc", "log_loss"), test.churned, with_text, {"without": without}, sample, seed=seed
    )
    return {
        "with": grade_predictions(test.churned, with_text),
        "without": grade_predictions(test.churned, without),
        "adds": as_dicts(adds["without"]),
    }


def terms(money: Money) -> dict[str, Any]:
    """The terms of a campaign without its rows."""
    rows = ("gain", "promised")
    return {name: value for name, value in vars(money).items() if name not in rows}


def as_dicts(spans: Mapping[str, Interval]) -> dict[str, dict[str, float | None]]:
    """Intervals as JSON holds them."""
    return {name: dataclasses.asdict(span) for name, span in spans.items()}
