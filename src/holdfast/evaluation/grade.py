"""How far to trust a model: grade A, B or C, each with a sentence. The gate decides whether it is used."""

from holdfast.evaluation.settings import GateSettings
from holdfast.metrics.bootstrap import Interval

GRADES = {
    "A": "ranks well beyond the recency rule, and its probabilities can be taken at face value",
    "B": "ranks better than the recency rule: call in its order, but take its probabilities with care",
    "C": "not shown to rank better than the recency rule: calling whoever was silent longest may do as well",
}
TOO_GOOD = "ranks too well to be true: trust nothing that it says until `holdfast audit` has cleared the data"
LEAKING = "a column knows the future: trust nothing that it says until that column is dated or left out"


def grade_model(
    auc: Interval, ece: float | None, recency: Interval | None, test_by: str, settings: GateSettings, *,
    leaking: bool = False,
) -> tuple[str, str]:  # fmt: skip
    """The grade and what it means.

    Args:
        recency: the model's AUC minus the recency rule's, paired; None: the source has no such rule.
        test_by: `time`, or `customers` where the test holds other customers of the same dates: then never A.
        leaking: a column that knows the future was found.
    """
    if leaking:
        return "C", LEAKING
    if auc.value is not None and auc.value > settings.too_good_auc:
        return "C", TOO_GOOD
    if recency is None or recency.low is None or recency.low <= 0:
        return "C", GRADES["C"]
    ranks_well = auc.low is not None and auc.low >= settings.grade_a_min_auc
    calibrated = ece is not None and ece <= settings.grade_a_max_ece
    grade = "A" if ranks_well and calibrated and test_by == "time" else "B"
    return grade, GRADES[grade]
