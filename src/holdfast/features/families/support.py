"""Support: hours until the first answer and the resolution of tickets."""

from holdfast.features.family import ALL, BOTH, HIGHER, Cause, Claim, Family, Feature, Figure, Reason
from holdfast.features.measures import ALL_HISTORY, select

LAST = "tickets__days_since"

answered, resolved = select("answered"), select("resolved")
answer_slower = answered.last("hours") / answered.mean("hours").over_window(ALL_HISTORY)

SUPPORT = Family(
    name="support",
    stream="tickets",
    reasons=(
        Reason("SLOW_SUPPORT", cause=Cause.SERVICE,
               figures=(Figure("answer_hours", Claim("support__answer_last", than="support__answer_mean",
                                                     or_equal=True, last=LAST)),
                        Figure("resolution_days", Claim("support__resolution_last",
                                                        than="support__resolution_mean", or_equal=True,
                                                        last=LAST),
                               shown=lambda hours: hours / 24))),
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
