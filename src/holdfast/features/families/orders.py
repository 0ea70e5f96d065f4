"""Orders: how often, how much at a time, and which way it moves."""

from holdfast.features.expressions import LIFE, WindowDays
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import change, select
from holdfast.features.values import AGE

purchases = select("purchase")
orders = purchases.distinct("order")
days = purchases.distinct("day")
tenure = purchases.largest(AGE).over(LIFE)

ORDERS = Family(
    name="orders",
    stream="transactions",
    reason="FEWER_ORDERS",
    features=(
        Feature("count", orders.count(), "orders", "orders placed", Windows.BOTH, "RARELY_BUYS"),
        Feature("active_days", days.count(), "days", "days with a purchase", Windows.BOTH, "RARELY_BUYS"),
        Feature("change", change(orders.count()), "-1 to 1", "orders against the window before"),
        Feature(
            "pace",
            (orders.count() / WindowDays()) * tenure / orders.count().over(LIFE),
            "ratio",
            "orders a day against the customer's whole life (1: as always)",
        ),
        Feature(
            "items", purchases.sum("quantity"), "pieces", "pieces bought", Windows.BOTH, "SMALLER_ORDERS"
        ),
        Feature(
            "lines_an_order",
            purchases.count() / orders.count(),
            "lines",
            "lines for each order",
            Windows.BOTH,
            "SMALLER_ORDERS",
        ),
    ),
)
