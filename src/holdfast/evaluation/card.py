"""The card of a model: everything that a reader needs to trust it or not, as one JSON object."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.evaluation.gate import GRADES, Gate, decide, grade
from holdfast.evaluation.intervals import Interval, intervals, paired_difference
from holdfast.evaluation.metrics import grade_predictions

Array = NDArray[Any]

FEW_CHURNERS, FEW_CUSTOMERS = 100, 500


@dataclasses.dataclass(frozen=True)
class Test:
    """Predictions on the test rows.

    Attributes:
        churned, probability: of the challenger, fitted on nothing that the test's days overlap.
        customers: whose rows they are (a bootstrap draws customers).
        baselines: the probabilities of each baseline on the same rows.
        rival: those of the champion (or its recipe) on the same rows; None where there is none, or its
            recipe is the same.
        succeeds: there is a champion.
        by: `time` or `customers` (see `model.division`).
        worth: the probabilities of one bag of trees with texts and one without; None: no texts were read.
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


def judge(test: Test, seed: int) -> dict[str, Any]:
    """The judging part of a card: metrics, intervals, baselines, grade and gate."""
    metrics = grade_predictions(test.churned, test.probability)
    spans = intervals(test.churned, test.probability, test.customers, seed=seed)
    differences = {name: difference(test, other, seed) for name, other in test.baselines.items()}
    champion = None if test.rival is None else difference(test, test.rival, seed)
    gate: Gate = decide(spans["auc"], differences, champion, succeeds=test.succeeds)
    letter = grade(spans["auc"], metrics["ece"], differences.get("recency"), test.by)
    return {
        "metrics": {"test": metrics},
        "intervals": {"test": {name: as_dict(span) for name, span in spans.items()}},
        "baselines": {name: grade_predictions(test.churned, other) for name, other in test.baselines.items()},
        "auc_differences": {name: as_dict(span) for name, span in differences.items()},
        "champion_difference": None if champion is None else as_dict(champion),
        "text": None if test.worth is None else weigh_texts(test, *test.worth, seed),
        "test_by": test.by,
        "grade": letter,
        "grade_text": GRADES[letter],
        "gate": gate.to_dict(),
        "warnings": floors(test),
    }


def difference(test: Test, other: Array, seed: int) -> Interval:
    """The challenger's AUC minus another's, paired."""
    return paired_difference("auc", test.churned, test.probability, other, test.customers, seed=seed)


def weigh_texts(test: Test, with_text: Array, without: Array, seed: int) -> dict[str, Any]:
    """What texts add: the figures with them and without, and with minus without, paired."""
    return {
        "with": grade_predictions(test.churned, with_text),
        "without": grade_predictions(test.churned, without),
        "adds": {
            name: as_dict(
                paired_difference(name, test.churned, with_text, without, test.customers, seed=seed)
            )
            for name in ("auc", "log_loss")
        },
    }


def floors(test: Test) -> list[str]:
    """What is thin about the test, in words."""
    rows, churners, customers = len(test.churned), int(test.churned.sum()), len(np.unique(test.customers))
    warnings = []
    if test.by == "customers":
        warnings.append(
            "the log is too short to test on a later time: the test holds other customers of the same "
            "dates, and says nothing about how the model ages"
        )
    for count, did in ((churners, "churned"), (rows - churners, "stayed")):
        if count < FEW_CHURNERS:
            warnings.append(f"only {count:,} of {rows:,} test snapshots {did}: figures are rough")
    if customers < FEW_CUSTOMERS:
        warnings.append(f"only {customers:,} customers in the test: figures are rough")
    return warnings


def as_dict(span: Interval) -> dict[str, float | None]:
    """An interval as JSON holds it."""
    return dataclasses.asdict(span)
