"""Subscription: how long, at what price, how soon to renewal, and what changed."""

from holdfast.features.expressions import select
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.walk import AGE

started = select("started")

SUBSCRIPTION = Family(
    name="subscription",
    stream="subscriptions",
    reason="PLAN",
    features=(
        Feature(
            "tenure", started.largest(AGE), "days", "since the first start", Windows.LIFE, "NEW_CUSTOMER"
        ),
        Feature("version_days", started.smallest(AGE), "days", "since the plan last changed", Windows.LIFE),
        Feature("versions", started.count(), "versions", "plan versions started", Windows.BOTH),
        Feature("plans", started.distinct("plan").count(), "plans", "different plans", Windows.LIFE),
        Feature("plan", started.newest("plan"), "level", "the newest plan", Windows.LIFE, level=True),
        Feature("value", started.newest("monthly_value"), "money a month", "the newest price", Windows.LIFE),
        Feature(
            "value_change",
            started.newest("monthly_value") / started.oldest("monthly_value"),
            "ratio",
            "the newest price against the first",
            Windows.LIFE,
            "PRICE_UP",
        ),
        Feature(
            "since_renewal",
            started.days_since("renews_at"),
            "days (below 0: ahead)",
            "since the newest renewal date",
            Windows.LIFE,
            "RENEWAL_NEAR",
        ),
        Feature("notices", select("noticed").count(), "notices", "notices given before", Windows.LIFE),
        Feature("ended", select("ended").count(), "versions", "plan versions ended", Windows.LIFE),
    ),
)
