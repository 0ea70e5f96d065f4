"""Usage: how often and how variously the customer uses what there is, and whether they buy as well."""

from holdfast.features.expressions import LIFE, WindowDays
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import change, select
from holdfast.features.values import AGE, GAP

used = select("used")
days = used.distinct("day")
times = used.sum("times")
purchases = select("purchase")
silence = used.smallest(AGE)
tenure = used.largest(AGE).over(LIFE)

USAGE = Family(
    name="usage",
    stream="usage",
    reason="USAGE_DOWN",
    features=(
        Feature("count", times, "uses", "uses", Windows.BOTH),
        Feature("active_days", days.count(), "days", "days with a use", Windows.BOTH),
        Feature("events", used.distinct("event").count(), "events", "different events", Windows.BOTH),
        Feature("change", change(times), "-1 to 1", "uses against the window before"),
        Feature(
            "pace",
            (times / WindowDays()) * tenure / times.over(LIFE),
            "ratio",
            "uses a day against the customer's whole life (1: as always)",
        ),
        Feature(
            "share_active",
            days.count() / used.largest(AGE),
            "days a day",
            "days with a use for each day since the first",
            Windows.LIFE,
        ),
        Feature("days_since", silence, "days", "since the last use", Windows.LIFE),
        Feature(
            "overdue",
            silence / days.mean(GAP),
            "ratio",
            "the time since the last use against the mean gap between days with one (above 1: overdue)",
            Windows.LIFE,
        ),
        Feature(
            "since_purchase",
            days.after(purchases).count(),
            "days",
            "days with a use since the last purchase (all of them without one)",
            Windows.LIFE,
            "USES_WITHOUT_BUYING",
        ),
        Feature(
            "days_an_order",
            days.count() / purchases.distinct("order").count(),
            "days",
            "days with a use for each order",
            Windows.BOTH,
            "USES_WITHOUT_BUYING",
        ),
    ),
)
