"""Refunds: how often, how much, and how much of what was bought."""

from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import AGE

purchases = select("purchase")
refunds = select("refund")

REFUNDS = Family(
    name="refunds",
    stream="transactions",
    reason="MORE_REFUNDS",
    features=(
        Feature("count", refunds.count(), "lines", "lines refunded", Windows.BOTH),
        Feature("sum", refunds.sum("amount"), "money (0 or below)", "refunded", Windows.BOTH),
        Feature(
            "share",
            refunds.sum("amount") / purchases.sum("amount"),
            "share (0 or below)",
            "refunded of what was spent",
            Windows.BOTH,
        ),
        Feature("days_since", refunds.smallest(AGE), "days", "since the last refund", Windows.LIFE),
    ),
)
