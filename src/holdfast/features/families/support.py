"""Support: hours until the first answer and the resolution of tickets."""

from holdfast.features.family import ALL, BOTH, HIGHER, Cause, Claim, Family, Feature, Figure, Reason
from holdfast.features.measures import ALL_HISTORY, select

answered, resolved = select("answered"), select("resolved")
answer_slower = answered.last("hours") / answered.mean("hours").over_window(ALL_HISTORY)


def slow(what: str) -> Claim:
    """The last ticket took no less than usual, and clearly longer than those of comparable customers."""
    last, usual = f"support__{what}_last", f"support__{what}_mean"
    return Claim(last, than=usual, or_equal=True, clear_of_peers=True, last="tickets__days_since")


SUPPORT = Family(
    name="support",
    stream="tickets",
    reasons=(
        Reason("SLOW_SUPPORT", cause=Cause.SERVICE,
               figures=(Figure("answer_hours", slow("answer")),
                        Figure("resolution_days", slow("resolution"), shown=lambda hours: hours / 24))),
    ),
    features=(
        Feature("answer_mean", answered.mean("hours"), "hours", "until the first answer", BOTH, HIGHER),
        Feature("answer_sum", answered.sum("hours"), "hours", "waited for first answers", BOTH, HIGHER),
        Feature("answer_longest", answered.max("hours"), "hours", "the slowest first answer", BOTH, HIGHER),
        Feature("answer_last", answered.last("hours"), "hours", "the last first answer", ALL, HIGHER),
        Feature("answer_slower", answer_slower, "ratio", "the last first answer against the mean",
                ALL, HIGHER),
        Feature("resolution_mean", resolved.mean("hours"), "hours", "until the resolution", BOTH, HIGHER),
        Feature("resolution_sum", resolved.sum("hours"), "hours", "waited for resolutions", BOTH, HIGHER),
        Feature("resolution_longest", resolved.max("hours"), "hours", "the slowest resolution", BOTH, HIGHER),
        Feature("resolution_last", resolved.last("hours"), "hours", "the last resolution", ALL, HIGHER),
    ),
)  # fmt: skip
