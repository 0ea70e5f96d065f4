"""Refunds: number, amount, and share of spend."""

from holdfast.features.family import ALL, BOTH, HIGHER, LOWER, Claim, Family, Feature, Figure, Reason
from holdfast.features.measures import AGE, select

refunds = select("refund")
refunded, spent = refunds.sum("amount"), select("purchase").sum("amount")

REFUNDS = Family(
    name="refunds",
    stream="transactions",
    reasons=(
        Reason(
            "MORE_REFUNDS",
            general=Claim("refunds__count"),
            figures=(Figure("refunds", Claim("refunds__count", above=0, shortest=30)),),
        ),
    ),
    features=(
        Feature("count", refunds.count(), "lines", "lines refunded", BOTH, HIGHER),
        Feature("sum", refunded, "money (0 or below)", "refunded", BOTH, LOWER),
        Feature("share", refunded / spent, "share (0 or below)", "refunded of what was spent", BOTH, LOWER),
        Feature("days_since", refunds.min(AGE), "days", "since the last refund", ALL, LOWER),
    ),
)
