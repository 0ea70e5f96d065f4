"""Orders: frequency, size and trend."""

from holdfast.features.family import BOTH, EACH, LOWER, Cause, Claim, Family, Feature, Figure, Group, Reason
from holdfast.features.measures import AGE, ALL_HISTORY, WindowDays, select
from holdfast.features.reasons import SUBSCRIBED, SUBSCRIBER

# Everything bought on one day: there is no gap between purchases to compare with.
ONE_DAY = Claim("orders__active_days", Group.EVERYBODY, at_least=1, at_most=1)

purchases = select("purchase")
orders = purchases.distinct("order").count()
days = purchases.distinct("day").count()
lines, items = purchases.count(), purchases.sum("quantity")
tenure = purchases.max(AGE).over_window(ALL_HISTORY)
pace = (orders / WindowDays()) * tenure / orders.over_window(ALL_HISTORY)

ORDERS = Family(
    name="orders",
    stream="transactions",
    rhythm=("gaps__mean",),
    reasons=(
        Reason("FEWER_ORDERS", cause=Cause.LESS,
               figures=(Figure("orders", Claim("orders__count", than="before", longest=0)), SUBSCRIBED)),
        Reason("RARELY_BUYS", trait=True, general=Claim("recency__share_active", Group.TENURE),
               figures=(Figure("once_days", ONE_DAY, states=("recency__days",), without=SUBSCRIBER),
                        Figure("orders", Claim("orders__count", Group.TENURE, above=0, shortest=90)),
                        SUBSCRIBED)),
    ),
    features=(
        Feature("count", orders, "orders", "orders placed", BOTH, LOWER, "RARELY_BUYS"),
        Feature("active_days", days, "days", "days with a purchase", BOTH, LOWER, "RARELY_BUYS"),
        Feature("change", orders.change(), "-1 to 1", "orders against the window before", EACH, LOWER),
        Feature("pace", pace, "ratio", "orders a day against all history (1: as always)", EACH, LOWER),
        Feature("items", items, "pieces", "pieces bought", BOTH, LOWER, "SMALLER_ORDERS"),
        Feature("lines_an_order", lines / orders, "lines", "lines for each order", BOTH, LOWER,
                "SMALLER_ORDERS"),
    ),
)  # fmt: skip
