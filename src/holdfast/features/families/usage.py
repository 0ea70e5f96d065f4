"""Usage: frequency and variety of product use, and use without purchases."""

from holdfast.features.family import (
    ALL,
    BOTH,
    EACH,
    HIGHER,
    LOWER,
    Cause,
    Claim,
    Family,
    Feature,
    Figure,
    Reason,
)
from holdfast.features.measures import AGE, ALL_HISTORY, GAP, WindowDays, select
from holdfast.features.reasons import SUBSCRIBED

usage, purchases = select("usage"), select("purchase")
days, uses = usage.distinct("day"), usage.sum("quantity")
silence, tenure = usage.min(AGE), usage.max(AGE)
pace = (uses / WindowDays()) * tenure.over_window(ALL_HISTORY) / uses.over_window(ALL_HISTORY)

USAGE = Family(
    name="usage",
    stream="usage",
    rhythm=("usage__days_since", "usage__overdue"),
    reasons=(
        Reason("USAGE_DOWN", cause=Cause.LESS, absent=("usage",), general=Claim("usage__share_active"),
               figures=(Figure("uses", Claim("usage__count", than="before", longest=0)),
                        Figure("unused_days", Claim("usage__overdue", above=1),
                               states=("usage__days_since",)))),
        Reason("USES_WITHOUT_BUYING", cause=Cause.LESS, general=Claim("usage__days_an_order"),
               figures=(Figure("used_days", Claim("usage__since_purchase", above=1)), SUBSCRIBED)),
    ),
    features=(
        Feature("count", uses, "uses", "uses", BOTH, LOWER),
        Feature("active_days", days.count(), "days", "days with a use", BOTH, LOWER),
        Feature("events", usage.distinct("event").count(), "events", "different events", BOTH, LOWER),
        Feature("change", uses.change(), "-1 to 1", "uses against the window before", EACH, LOWER),
        Feature("pace", pace, "ratio", "uses a day against all history (1: as always)", EACH, LOWER),
        Feature("share_active", days.count() / tenure, "days a day",
                "days with a use for each day since the first", ALL, LOWER),
        Feature("days_since", silence, "days", "since the last use", ALL, HIGHER),
        Feature("overdue", silence / days.mean(GAP), "ratio",
                "the time since the last use against the mean gap between days with one (above 1: overdue)",
                ALL, HIGHER),
        Feature("since_purchase", days.since_last(purchases).count(), "days",
                "days with a use since the last purchase (all of them without one)", ALL, HIGHER,
                "USES_WITHOUT_BUYING"),
        Feature("days_an_order", days.count() / purchases.distinct("order").count(), "days",
                "days with a use for each order", BOTH, HIGHER, "USES_WITHOUT_BUYING"),
    ),
)  # fmt: skip
