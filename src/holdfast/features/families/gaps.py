"""Gaps: the customer's own rhythm, and how overdue the next order is by it."""

from holdfast.features.expressions import LIFE
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import AGE, GAP

purchases = select("purchase")
days = purchases.distinct("day")
silence = purchases.smallest(AGE).over(LIFE)
usual = days.mean(GAP)

GAPS = Family(
    name="gaps",
    stream="transactions",
    reason="LONGER_GAPS",
    features=(
        Feature("mean", usual, "days", "between days with a purchase", Windows.BOTH),
        Feature("spread", days.spread(GAP), "days", "the standard deviation of gaps", Windows.LIFE),
        Feature(
            "irregularity",
            days.spread(GAP) / usual,
            "ratio",
            "the standard deviation of gaps against their mean (0: like clockwork)",
            Windows.LIFE,
        ),
        Feature("longest", days.largest(GAP), "days", "the longest gap", Windows.BOTH),
        Feature("last", days.newest(GAP), "days", "the last gap", Windows.LIFE),
        Feature(
            "last_ratio", days.newest(GAP) / usual, "ratio", "the last gap against the mean", Windows.LIFE
        ),
        Feature(
            "overdue",
            silence / usual,
            "ratio",
            "the silence against the mean gap (above 1: overdue)",
            Windows.BOTH,
            "LONG_SILENCE",
        ),
        Feature(
            "overdue_longest",
            silence / days.largest(GAP),
            "ratio",
            "the silence against the longest gap",
            Windows.LIFE,
            "LONG_SILENCE",
        ),
        Feature(
            "overdue_score",
            (silence - usual) / days.spread(GAP),
            "standard deviations",
            "the silence beyond the mean gap",
            Windows.LIFE,
            "LONG_SILENCE",
        ),
    ),
)
