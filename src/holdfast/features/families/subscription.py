"""Subscription: how long, at what price, how soon to renewal, and what changed."""

from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import AGAINST, AGE

started = select("started")
changed = started.repeated("subscription")  # versions that follow one of the same subscription

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
            "last_step",
            changed.newest("monthly_value", AGAINST),
            "ratio",
            "the newest price against that of the version before, of the same subscription",
            Windows.LIFE,
            "DOWNGRADED",
        ),
        Feature(
            "largest_step_up",
            changed.largest("monthly_value", AGAINST),
            "ratio",
            "the largest price against that of the version before (above 1: a rise)",
            Windows.BOTH,
            "PRICE_UP",
        ),
        Feature(
            "largest_step_down",
            changed.smallest("monthly_value", AGAINST),
            "ratio",
            "the smallest price against that of the version before (below 1: a cut)",
            Windows.BOTH,
            "DOWNGRADED",
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
