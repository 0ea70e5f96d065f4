"""How far to trust a model, apart from whether it may be used: A, B or C, each a sentence."""

from holdfast.evaluation.intervals import Interval
from holdfast.evaluation.settings import GateSettings

GRADES = {
    "A": "ranks well beyond the recency rule, and its probabilities can be taken at face value",
    "B": "ranks better than the recency rule: call in its order, but take its probabilities with care",
    "C": "not shown to rank better than the recency rule: calling whoever was silent longest may do as well",
}
SUSPECT = "ranks too well to be true: trust nothing that it says until `holdfast audit` has cleared the data"
LEAKING = "a column knows the future: trust nothing that it says until that column is dated or left out"


def grade(
    auc: Interval,
    ece: float | None,
    recency: Interval | None,
    test_by: str,
    limits: GateSettings,
    *,
    leaking: bool = False,
) -> tuple[str, str]:
    """The letter and what it means.

    Args:
        recency: the AUC's paired difference to the recency rule; None: there is no such rule here.
        test_by: a test on other `customers` instead of a later `time` earns no A.
        leaking: a column was found that knows the future.
    """
    if leaking:
        return "C", LEAKING
    if auc.value is not None and auc.value > limits.too_good_auc:
        return "C", SUSPECT
    letter = "B"
    if recency is None or recency.low is None or recency.low <= 0:
        letter = "C"
    elif auc.low is not None and auc.low >= limits.good_auc and ece is not None and ece <= limits.good_ece:
        letter = "A" if test_by == "time" else "B"
    return letter, GRADES[letter]
