"""Gaps: the days between purchases, and how overdue the next purchase is."""

from holdfast.features.family import ALL, BOTH, HIGHER, Claim, Family, Feature, Figure, Group, Reason
from holdfast.features.measures import AGE, ALL_HISTORY, GAP, select
from holdfast.features.reasons import SUBSCRIBED

purchases = select("purchase")
days = purchases.distinct("day")
silence = purchases.min(AGE).over_window(ALL_HISTORY)
mean, std, longest, last = days.mean(GAP), days.std(GAP), days.max(GAP), days.last(GAP)

GAPS = Family(
    name="gaps",
    stream="transactions",
    rhythm=("gaps__mean",),
    undefined="RARELY_BUYS",  # one purchase has no gap
    reasons=(
        Reason("LONGER_GAPS", general=Claim("gaps__mean", Group.TENURE),
               figures=(Figure("gap", Claim("gaps__last", than="gaps__mean")), SUBSCRIBED)),
    ),
    features=(
        Feature("mean", mean, "days", "between days with a purchase", BOTH, HIGHER),
        Feature("spread", std, "days", "the standard deviation of gaps", ALL, HIGHER),
        Feature("irregularity", std / mean, "ratio",
                "the standard deviation of gaps against their mean (0: like clockwork)", ALL, HIGHER),
        Feature("longest", longest, "days", "the longest gap", BOTH, HIGHER),
        Feature("last", last, "days", "the last gap", ALL, HIGHER),
        Feature("last_ratio", last / mean, "ratio", "the last gap against the mean", ALL, HIGHER),
        Feature("overdue", silence / mean, "ratio", "the silence against the mean gap (above 1: overdue)",
                BOTH, HIGHER, "LONG_SILENCE"),
        Feature("overdue_longest", silence / longest, "ratio", "the silence against the longest gap", ALL,
                HIGHER, "LONG_SILENCE"),
        Feature("overdue_score", (silence - mean) / std, "standard deviations",
                "the silence beyond the mean gap", ALL, HIGHER, "LONG_SILENCE"),
    ),
)  # fmt: skip
