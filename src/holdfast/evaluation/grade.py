"""How far to trust a model: grade A, B or C, each with a sentence. The gate decides whether it is used."""

import dataclasses
from collections.abc import Mapping

from holdfast.evaluation.gate import RECENCY_RULE, format_name, is_behind
from holdfast.evaluation.settings import GateSettings
from holdfast.metrics.bootstrap import MIN_CLASS, Interval

GRADE_A = "ranks well beyond the recency rule, and its probabilities can be taken at face value"
GRADE_B = "ranks better than the recency rule: call in its order"
NEAR_CHANCE = "ranks little better than chance: rank by value at risk alone, or wait for more data"
TOO_FEW = (
    f"fewer than {MIN_CLASS} customers of the test churned, or stayed: nothing can be said of its ranking; "
    "rank by value at risk alone, or wait for more data"
)
NO_BETTER = (
    "not shown to rank better than the recency rule: ranking by days since the last purchase may do as well"
)
TOO_GOOD = "ranks too well to be true: trust nothing that it says until `holdfast audit` has cleared the data"
LEAKING = "a column knows the future: trust nothing that it says until that column is dated or left out"


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Calibration of the test probabilities.

    Attributes:
        ece, chance_ece: the calibration error, and the part that chance explains; null: no rows.
        predicted, churned: mean probability, share that churned.
    """

    ece: float | None
    chance_ece: float
    predicted: float | None
    churned: float | None

    def holds(self, margin: float) -> bool:
        """Whether the error is at most the part that chance explains plus a margin."""
        return self.ece is not None and self.ece <= self.chance_ece + margin

    def describe(self) -> str:
        """Predicted against churned, with the error."""
        if self.ece is None or self.predicted is None or self.churned is None:
            return "its probabilities could not be checked"
        return (
            f"its probabilities are off: {self.predicted:.1%} predicted, {self.churned:.1%} churned, "
            f"calibration error {self.ece:.3f}, of which chance explains {self.chance_ece:.3f}"
        )


def grade_model(
    auc: Interval, calibration: Calibration, baselines: Mapping[str, Interval], test_by: str,
    settings: GateSettings, *, leaking: bool = False, too_good: bool = False,
) -> tuple[str, str]:  # fmt: skip
    """The grade and what it means.

    Args:
        baselines: the model's AUC minus each simple baseline's, paired; a source may have no recency rule.
        test_by: `time`, or `customers` (the test holds other customers of the same dates; then never A).
        leaking: a leak was found.
        too_good: the AUC is too good to be true (`data_warnings.is_too_good`).
    """
    if leaking:
        return "C", LEAKING
    if too_good:
        return "C", TOO_GOOD
    if auc.low is None or auc.low < settings.grade_b_min_auc:
        return "C", TOO_FEW if auc.low is None else NEAR_CHANCE
    behind = {name: gap for name, gap in baselines.items() if is_behind(gap, settings.auc_margin)}
    if behind:
        best = min(behind, key=lambda name: behind[name].value or 0.0)
        return "C", (
            f"ranks worse than the simple baseline {format_name(best)} by {-(behind[best].value or 0.0):.3f} "
            f"AUC: rank by the {format_name(best)} instead"
        )
    recency = baselines.get(RECENCY_RULE)
    if recency is None or recency.low is None or recency.low <= 0:
        return "C", NO_BETTER
    lacking = []
    if not calibration.holds(settings.grade_a_ece_margin):
        lacking.append(f"{calibration.describe()}; take them with care")
    if auc.low < settings.grade_a_min_auc:
        lacking.append(f"its AUC is not shown to reach {settings.grade_a_min_auc:g} (at least {auc.low:.3f})")
    if test_by != "time":
        lacking.append("it was tested on other customers of the same dates, not on a later time")
    return ("B", "; ".join([GRADE_B, *lacking])) if lacking else ("A", GRADE_A)
