"""Whether a challenger becomes the champion, in words either way."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from holdfast.evaluation.intervals import Interval
from holdfast.evaluation.settings import GateSettings

CHANCE, RULE = 0.5, "recency"

Verdict = tuple[bool, str]


class Ahead(NamedTuple):
    """The challenger's figure minus another's on the same rows, paired; null ends: they cannot be told apart.

    More AUC is better, less log loss is.
    """

    auc: Interval
    log_loss: Interval


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a challenger showed on the test.

    Attributes:
        auc: its own.
        baselines: how far it is ahead of each.
        champion: the same of the champion; None: there is none, or its recipe is the same.
        succeeds: there is a champion.
        ece, chance_ece: its calibration error, and how much of it chance alone explains.
        list_lift: how many times more who left the list holds than lots drawn.
        rival_auc: the champion's own.
        leak: a column that knows the future, as a sentence; None: none was found.
        less: why it cannot be held against the champion, having less to learn from; None: it can.
    """

    auc: Interval
    baselines: Mapping[str, Ahead]
    champion: Ahead | None
    succeeds: bool
    ece: float | None
    chance_ece: float
    list_lift: Interval
    rival_auc: float | None = None
    leak: str | None = None
    less: str | None = None


@dataclasses.dataclass(frozen=True)
class Gate:
    """The decision and its reasons, in plain words."""

    decision: Literal["promoted", "kept"]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"decision": self.decision, "reasons": list(self.reasons)}


def decide(found: Evidence, limits: GateSettings) -> Gate:
    """Hold a challenger against chance, the baselines and the champion.

    A first model, and the champion's own recipe on newer data, must be better than chance beyond noise, and
    may not be shown to be behind a baseline by more than the margin: a short log must not mean that nobody
    is ever called, and the grade says how far to trust it. Another recipe must earn its place: see
    `challenge`; where it has less to learn from than the champion, nothing tells which is better, and the
    champion stays. A decision to keep names all that failed; one to promote all that was held against it.
    """
    against = [beats_chance(found.auc)]
    if found.less is not None:
        against.append((False, found.less))
    if found.champion is None:
        against += [not_behind(name, one.auc, limits) for name, one in found.baselines.items()]
    else:
        against += challenge(found, found.champion, limits)
    failed = [words for passed, words in against if not passed]
    if failed:
        return Gate("kept", tuple(failed))
    words = [words for _, words in against]
    if found.champion is None:
        words.append("the champion's recipe on newer data" if found.succeeds else "there was no champion")
    return Gate("promoted", tuple(words))


def challenge(found: Evidence, champion: Ahead, limits: GateSettings) -> list[Verdict]:
    """What another recipe must show to replace the champion.

    It beats the recency rule beyond noise (95% interval of the AUC difference above 0); against the best
    other baseline and the champion, the lower end of that interval is above the margin and its log loss is
    not shown to be worse; probabilities and list are within the limits; and it is neither too good to be true
    nor has a column that knows the future.
    """
    rule = found.baselines.get(RULE)
    against = [beats_rule(None if rule is None else rule.auc)]
    others = {
        name: one for name, one in found.baselines.items() if name != RULE and one.auc.value is not None
    }
    if others:
        best = min(others, key=lambda name: others[name].auc.value or 0.0)
        against += holds(f"the best other baseline ({in_words(best)})", others[best], limits)
    against += holds("the champion", champion, limits)
    against += [calibrated(found, limits), fills_list(found.list_lift, limits)]
    rival = found.rival_auc or 0.0
    if (found.auc.value or 0.0) > limits.too_good_auc >= rival:
        against.append((False, f"too good to be true: AUC {found.auc.value:.3f}, the champion's {rival:.3f}"))
    if found.leak is not None:
        against.append((False, f"a column knows the future: {found.leak}"))
    return against


def beats_chance(auc: Interval) -> Verdict:
    """There is a signal at all."""
    if auc.value is None or auc.low is None:
        return False, "the test holds only customers who left, or only customers who stayed"
    passed = auc.low > CHANCE
    verdict = "better than chance" if passed else "not shown to be better than chance"
    return passed, f"{verdict}: AUC {auc.value:.3f} (95% interval {auc.low:.3f} to {auc.high:.3f})"


def beats_rule(difference: Interval | None) -> Verdict:
    """The recency rule is beaten beyond noise."""
    if difference is None or difference.low is None:
        return False, "the test cannot tell the model from the recency rule: too few customers left or stayed"
    passed = difference.low > 0
    verdict = "beats" if passed else "does not beat"
    return passed, f"{verdict} the recency rule beyond noise: AUC {written(difference)}"


def not_behind(name: str, difference: Interval, limits: GateSettings) -> Verdict:
    """A baseline is not shown to be better."""
    if difference.high is None:
        return True, f"cannot be told from the baseline {in_words(name)}"
    passed = difference.high > -limits.auc_margin
    ahead = difference.low is not None and difference.low > 0
    verdict = "ahead of" if ahead else "not behind" if passed else "behind"
    return passed, f"{verdict} the baseline {in_words(name)}: AUC {written(difference)}"


def holds(whom: str, ahead: Ahead, limits: GateSettings) -> list[Verdict]:
    """The challenger ranks not worse than somebody, and is not more often surprised."""
    if ahead.auc.low is None:
        return [(False, f"the test cannot tell the model from {whom}: the champion stays")]
    passed = ahead.auc.low > -limits.auc_margin
    verdict = "not worse than" if passed else "may be worse than"
    ranks = f"{verdict} {whom}: AUC {written(ahead.auc)}, allowed down to {-limits.auc_margin:g}"
    worse = ahead.log_loss.low is not None and ahead.log_loss.low > 0
    loss = f"log loss {'worse than' if worse else 'no worse than'} that of {whom}: {written(ahead.log_loss)}"
    return [(passed, ranks), (not worse, loss)]


def calibrated(found: Evidence, limits: GateSettings) -> Verdict:
    """The probabilities are not off by more than the limit and chance together."""
    if found.ece is None:
        return False, "the test has no rows to check the probabilities on"
    passed = found.ece - found.chance_ece <= limits.most_ece
    verdict = "within" if passed else "beyond"
    return passed, (
        f"calibration error {verdict} its limit: {found.ece:.3f}, of which chance explains "
        f"{found.chance_ece:.3f}, allowed {limits.most_ece:g} beyond that"
    )


def fills_list(lift: Interval, limits: GateSettings) -> Verdict:
    """The list is not shown to find fewer leavers than the limit."""
    if lift.value is None or lift.high is None:
        return False, "the test cannot say how many of the list would have left"
    passed = lift.high >= limits.least_list_lift
    verdict = "the list finds enough" if passed else "the list finds too few"
    return passed, f"{verdict}: {lift.value:.2f} times the average share, at least {limits.least_list_lift:g}"


def written(difference: Interval) -> str:
    """A difference with its interval."""
    if difference.value is None or difference.low is None:
        return "not known"
    return f"{difference.value:+.3f} (95% interval {difference.low:+.3f} to {difference.high:+.3f})"


def in_words(name: str) -> str:
    """A baseline's name for people."""
    return name.replace("_", " ")
