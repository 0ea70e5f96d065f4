"""The gate: whether a challenger replaces the champion, with a sentence for every check."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from holdfast.evaluation.settings import GateSettings
from holdfast.metrics.bootstrap import MIN_CLASS, Interval

CHANCE_AUC, RECENCY_RULE = 0.5, "recency"
OVERRULED = "gate.accept_leak=true"

Check = tuple[bool, str]  # passed, and the result in words


class Comparison(NamedTuple):
    """The challenger's metrics minus those of another model on the same rows, paired.

    A higher AUC is better, a lower log loss. Intervals are null where the test cannot tell the two apart.
    """

    auc: Interval
    log_loss: Interval


@dataclasses.dataclass(frozen=True)
class ChallengerResult:
    """The challenger's results on the test.

    Attributes:
        auc: the challenger's AUC.
        baselines: the comparison with each baseline.
        champion: the comparison with the champion; None: there is none, or it has the same specification.
        has_champion: whether there is a champion.
        ece, chance_ece: the calibration error, and the part of it that chance explains.
        list_lift: churn rate of the list divided by that of all customers.
        leak: a column with future information, or a ranking too good to be true; None: neither was found.
        not_comparable: why the challenger, with less training data, cannot be compared; None: it can.
    """

    auc: Interval
    baselines: Mapping[str, Comparison]
    champion: Comparison | None
    has_champion: bool
    ece: float | None
    chance_ece: float
    list_lift: Interval
    leak: "Leak | None" = None
    not_comparable: str | None = None


@dataclasses.dataclass(frozen=True)
class Leak:
    """A known or strongly suspected leak: its columns, the evidence (`what`), and the next step."""

    columns: tuple[str, ...]
    what: str
    next_step: str


@dataclasses.dataclass(frozen=True)
class GateDecision:
    """The decision and its reasons as sentences.

    Attributes:
        leak: the leak; None: there is none.
        accepted: `gate.accept_leak` overrules the leak.
    """

    decision: Literal["promoted", "kept"]
    reasons: tuple[str, ...]
    leak: Leak | None = None
    accepted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        leak = None if self.leak is None else dataclasses.asdict(self.leak) | {"accepted": self.accepted}
        if leak is not None:
            leak["columns"] = list(leak["columns"])
        return {"decision": self.decision, "reasons": list(self.reasons), "leak": leak}


def decide(result: ChallengerResult, settings: GateSettings) -> GateDecision:
    """Compare a challenger with chance, the baselines and the champion.

    No model with a leak is promoted. A first model, or a retrained champion specification, must be
    significantly better than chance and not behind a baseline (by more than the margin and beyond noise): a
    short log cannot show more. A challenger with another specification must pass `check_challenger`. A
    challenger that cannot be compared with the champion is not promoted. The reasons of `kept` are the failed
    checks, the reasons of `promoted` are all checks.
    """
    checks = [*check_leak(result.leak, settings), check_chance(result.auc)]
    if result.not_comparable is not None:
        checks.append((False, result.not_comparable))
    if result.champion is None:
        checks += [
            check_baseline(name, baseline.auc, settings) for name, baseline in result.baselines.items()
        ]
    else:
        checks += check_challenger(result, result.champion, settings)
    failed = tuple(reason for passed, reason in checks if not passed)
    accepted = settings.accept_leak and result.leak is not None
    if failed:
        return GateDecision("kept", failed, result.leak, accepted)
    reasons = [reason for _, reason in checks]
    if result.champion is None:
        reasons.append(
            "the champion's specification on newer data" if result.has_champion else "there was no champion"
        )
    return GateDecision("promoted", tuple(reasons), result.leak, accepted)


def check_leak(leak: Leak | None, settings: GateSettings) -> list[Check]:
    """There is no known or strongly suspected leak, or a setting overrules it."""
    if leak is None:
        return []
    overruled = f"; overruled by {OVERRULED}" if settings.accept_leak else ""
    return [(settings.accept_leak, f"a column knows the future: {leak.what}{overruled}")]


def check_challenger(result: ChallengerResult, champion: Comparison, settings: GateSettings) -> list[Check]:
    """The checks of a challenger with another specification than the champion's.

    Its AUC is significantly above the recency rule's. Against the best other baseline and the champion, the
    lower end of the AUC difference's interval is above minus the margin, and the log loss is not
    significantly worse. Calibration and list are within the limits.
    """
    recency = result.baselines.get(RECENCY_RULE)
    checks = [check_recency_rule(None if recency is None else recency.auc)]
    others = {
        name: baseline
        for name, baseline in result.baselines.items()
        if name != RECENCY_RULE and baseline.auc.value is not None
    }
    if others:
        best = min(others, key=lambda name: others[name].auc.value or 0.0)
        checks += check_not_worse(
            f"the best other baseline ({format_name(best)})", others[best], settings.auc_margin
        )
    checks += check_not_worse("the champion", champion, settings.auc_margin)
    return [*checks, check_calibration(result, settings), check_list(result.list_lift, settings)]


def check_chance(auc: Interval) -> Check:
    """The AUC is significantly above 0.5."""
    if auc.value is None:
        return False, "all customers of the test churned, or all stayed"
    if auc.low is None:
        return (
            False,
            f"fewer than {MIN_CLASS} customers of the test churned, or stayed: no interval",
        )
    passed = auc.low > CHANCE_AUC
    verdict = "better than chance" if passed else "not shown to be better than chance"
    return passed, (
        f"{verdict}: AUC {auc.value:.3f} (95% interval {auc.low:.3f} to {auc.high:.3f}, which must lie above "
        f"{CHANCE_AUC:g})"
    )


def check_recency_rule(difference: Interval | None) -> Check:
    """The AUC is significantly above the recency rule's."""
    if difference is None or difference.low is None:
        return False, "the test cannot tell the model from the recency rule: too few customers left or stayed"
    passed = difference.low > 0
    verdict = "beats" if passed else "does not beat"
    return passed, (
        f"{verdict} the recency rule beyond noise: AUC {format_difference(difference)}, the interval must "
        "lie above 0"
    )


def check_baseline(name: str, difference: Interval, settings: GateSettings) -> Check:
    """The AUC is not behind a baseline's by more than the margin and beyond noise."""
    if difference.high is None:
        return True, f"cannot be told from the baseline {format_name(name)}"
    passed = not is_behind(difference, settings.auc_margin)
    ahead = difference.low is not None and difference.low > 0
    verdict = "ahead of" if ahead else "not behind" if passed else "behind"
    return passed, (
        f"{verdict} the baseline {format_name(name)}: AUC {format_difference(difference)}, allowed down to "
        f"{-settings.auc_margin:g} unless that is noise"
    )


def is_behind(difference: Interval, margin: float) -> bool:
    """Whether a model's AUC minus another's shows it to be behind: by more than the margin, beyond noise."""
    if difference.value is None or difference.high is None:
        return False
    return difference.value < -margin and difference.high < 0


def better_baselines(baselines: Mapping[str, Comparison], margin: float) -> list[str]:
    """The baselines that are shown to rank better than the model, the best first."""
    behind = {name: other.auc for name, other in baselines.items() if is_behind(other.auc, margin)}
    return sorted(behind, key=lambda name: behind[name].value or 0.0)


def check_not_worse(other: str, comparison: Comparison, margin: float) -> list[Check]:
    """The AUC may not be behind another model's by more than the margin, nor the log loss be worse."""
    auc, log_loss = comparison
    if auc.low is None:
        return [(False, f"the test cannot tell the model from {other}: the champion stays")]
    passed = auc.low > -margin
    verdict = "not worse than" if passed else "may be worse than"
    worse = log_loss.low is not None and log_loss.low > 0
    loss_verdict = "worse than" if worse else "no worse than"
    return [
        (passed, f"{verdict} {other}: AUC {format_difference(auc)}, allowed down to {-margin:g}"),
        (
            not worse,
            f"log loss {loss_verdict} that of {other}: {format_difference(log_loss)}, the interval may not "
            "lie above 0",
        ),
    ]


def check_calibration(result: ChallengerResult, settings: GateSettings) -> Check:
    """The calibration error exceeds what chance explains by no more than the limit."""
    if result.ece is None:
        return False, "the test has no rows to check the probabilities on"
    passed = result.ece - result.chance_ece <= settings.max_ece
    return passed, (
        f"calibration error {'within' if passed else 'beyond'} its limit: {result.ece:.3f}, of which chance "
        f"explains {result.chance_ece:.3f}, allowed {settings.max_ece:g} beyond that"
    )


def check_list(lift: Interval, settings: GateSettings) -> Check:
    """The lift of the list is not significantly below the limit."""
    if lift.value is None or lift.high is None:
        return False, "the test cannot say how many of the list would have left"
    passed = lift.high >= settings.min_list_lift
    verdict = "the list finds enough" if passed else "the list finds too few"
    return passed, f"{verdict}: {lift.value:.2f} times the average share, at least {settings.min_list_lift:g}"


def format_difference(difference: Interval) -> str:
    """A difference with its interval."""
    if difference.value is None or difference.low is None:
        return "not known"
    return f"{difference.value:+.3f} (95% interval {difference.low:+.3f} to {difference.high:+.3f})"


def format_name(name: str) -> str:
    """A baseline's name for people."""
    return name.replace("_", " ")
