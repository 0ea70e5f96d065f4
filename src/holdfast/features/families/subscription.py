"""Subscription: tenure, price, next renewal and plan changes."""

from holdfast.features.family import ALL, BOTH, HIGHER, LOWER, Claim, Family, Feature, Figure, Group, Reason
from holdfast.features.measures import AGE, days_since, ratio_to_previous, select
from holdfast.features.reasons import FALLBACK

started = select("started")
changed = started.repeated("subscription")  # versions that follow one of the same subscription
price, step = started.last("monthly_value"), ratio_to_previous("monthly_value")

SUBSCRIPTION = Family(
    name="subscription",
    stream="subscriptions",
    reasons=(
        Reason("PLAN", levels="subscription__plan", trait=True),
        Reason("DOWNGRADED",  # by at least one per cent
               figures=(Figure("plan_cut", Claim("subscription__last_step", Group.NOBODY, at_most=0.99),
                               shown=lambda ratio: 100 * (1 - ratio)),)),
        Reason("RENEWAL_NEAR",
               figures=(Figure("renewal_days", Claim("subscription__since_renewal", at_most=0),
                               shown=lambda days: -days),)),
    ),
    features=(
        Feature("tenure", started.max(AGE), "days", "since the first start", ALL, LOWER, "NEW_CUSTOMER"),
        Feature("version_days", started.min(AGE), "days", "since the plan last changed", ALL, None, FALLBACK),
        Feature("versions", started.count(), "versions", "plan versions started", BOTH, None, FALLBACK),
        Feature("plans", started.distinct("plan").count(), "plans", "different plans", ALL, None, FALLBACK),
        Feature("plan", started.last("plan"), "level", "the last plan", ALL),
        Feature("value", price, "money a month", "the last price", ALL),
        Feature("value_change", price / started.first_value("monthly_value"), "ratio",
                "the last price against the first", ALL, HIGHER, "PRICE_UP"),
        Feature("last_step", changed.last(step), "ratio",
                "the last price against that of the version before, of the same subscription", ALL, LOWER,
                "DOWNGRADED"),
        Feature("largest_step_up", changed.max(step), "ratio",
                "the largest price against that of the version before (above 1: a rise)", BOTH, HIGHER,
                "PRICE_UP"),
        Feature("largest_step_down", changed.min(step), "ratio",
                "the smallest price against that of the version before (below 1: a cut)", BOTH, LOWER,
                "DOWNGRADED"),
        Feature("since_renewal", started.last(days_since("renews_at")), "days (below 0: ahead)",
                "since the last renewal date", ALL, HIGHER, "RENEWAL_NEAR"),
        Feature("notices", select("noticed").count(), "notices", "notices given before", ALL, HIGHER,
                FALLBACK),
        Feature("ended", select("ended").count(), "versions", "plan versions ended", ALL, HIGHER, FALLBACK),
    ),
)  # fmt: skip
