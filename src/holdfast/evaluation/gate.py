"""Whether a challenger becomes the champion, and what grade it gets, in words."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from holdfast.evaluation.intervals import Interval

MARGIN = 0.005  # AUC: honest models on one log differ by less
CHANCE, GOOD_AUC, GOOD_ECE = 0.5, 0.7, 0.05

GRADES = {
    "A": "ranks well beyond the recency rule, and its probabilities can be taken at face value",
    "B": "ranks better than the recency rule: call in its order, but take its probabilities with care",
    "C": "not shown to rank better than the recency rule: calling whoever was silent longest may do as well",
}


@dataclasses.dataclass(frozen=True)
class Gate:
    """The decision and its reasons, in plain words."""

    decision: Literal["promoted", "kept"]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"decision": self.decision, "reasons": list(self.reasons)}


def decide(
    auc: Interval, differences: Mapping[str, Interval], champion: Interval | None, *, succeeds: bool
) -> Gate:
    """Hold a challenger against chance, the recency rule, the other baselines and the champion.

    Args:
        auc: the challenger's own.
        differences: for each baseline, the challenger's AUC minus its, paired on the test rows.
        champion: the same against the champion; None: there is none, or its recipe is the same.
        succeeds: there is a champion.

    To replace another recipe, the recency rule must be beaten beyond noise (95% interval above 0), and the
    lower end against the champion must be above -MARGIN. The first model, and the champion's own recipe on
    newer data, need only be better than chance beyond noise and not be shown to be behind the recency rule:
    a short log must not mean that nobody is ever called, and the grade says how far to trust it. No other
    baseline may be shown to be better by more than MARGIN.
    """
    recency = differences.get("recency")
    against = [beats_chance(auc), beats_rule(recency) if champion else not_behind("recency", recency)]
    against += [not_behind(name, one) for name, one in differences.items() if name != "recency"]
    if champion is not None:
        against.append(holds_against_champion(champion))
    failed = [words for passed, words in against if not passed]
    if failed:
        return Gate("kept", tuple(failed))
    words = [words for _, words in against]
    if champion is None:
        words.append("the champion's recipe on newer data" if succeeds else "there was no champion")
    return Gate("promoted", tuple(words))


def beats_chance(auc: Interval) -> tuple[bool, str]:
    """There is a signal at all."""
    if auc.value is None or auc.low is None:
        return False, "the test holds only customers who left, or only customers who stayed"
    passed = auc.low > CHANCE
    verdict = "better than chance" if passed else "not shown to be better than chance"
    return passed, f"{verdict}: AUC {auc.value:.3f} (95% interval {auc.low:.3f} to {auc.high:.3f})"


def beats_rule(difference: Interval | None) -> tuple[bool, str]:
    """The recency rule is beaten beyond noise."""
    if difference is None or difference.low is None:
        return False, "the test cannot tell the model from the recency rule: too few customers left or stayed"
    passed = difference.low > 0
    verdict = "beats" if passed else "does not beat"
    return passed, f"{verdict} the recency rule beyond noise: AUC {written(difference)}"


def not_behind(name: str, difference: Interval | None) -> tuple[bool, str]:
    """A baseline is not shown to be better."""
    if difference is None or difference.high is None:
        return True, f"cannot be told from the baseline {name}"
    passed = difference.high > -MARGIN
    ahead = difference.low is not None and difference.low > 0
    verdict = "ahead of" if ahead else "not behind" if passed else "behind"
    return passed, f"{verdict} the baseline {name.replace('_', ' ')}: AUC {written(difference)}"


def holds_against_champion(difference: Interval) -> tuple[bool, str]:
    """The challenger is not worse than the champion's recipe."""
    if difference.low is None:
        return False, "the test cannot tell the model from the champion: the champion stays"
    passed = difference.low > -MARGIN
    verdict = "not worse than" if passed else "may be worse than"
    return passed, f"{verdict} the champion: AUC {written(difference)}, allowed down to {-MARGIN}"


def written(difference: Interval) -> str:
    """A difference with its interval."""
    return f"{difference.value:+.3f} (95% interval {difference.low:+.3f} to {difference.high:+.3f})"


def grade(auc: Interval, ece: float | None, recency: Interval | None, test_by: str) -> str:
    """A, B or C; a test on other customers instead of a later time earns no A."""
    if recency is None or recency.low is None or recency.low <= 0:
        return "C"
    good = auc.low is not None and auc.low >= GOOD_AUC and ece is not None and ece <= GOOD_ECE
    return "A" if good and test_by == "time" else "B"
