"""Spend: money in, how it is spread, and which way it moves."""

from holdfast.features.expressions import LIFE, WindowDays
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import change, select
from holdfast.features.values import AGE, TOGETHER

purchases = select("purchase")
orders = purchases.distinct("order")
money = purchases.sum("amount")
tenure = purchases.largest(AGE).over(LIFE)
order_mean = orders.mean("amount", TOGETHER)

SPEND = Family(
    name="spend",
    stream="transactions",
    reason="SPEND_DOWN",
    features=(
        Feature("sum", money, "money", "spent, refunds not netted", Windows.BOTH),
        Feature("change", change(money), "-1 to 1", "spend against the window before"),
        Feature(
            "pace",
            (money / WindowDays()) * tenure / money.over(LIFE),
            "ratio",
            "spend a day against the customer's whole life (1: as always)",
        ),
        Feature(
            "order_value", money / orders.count(), "money", "spent an order", Windows.BOTH, "SMALLER_ORDERS"
        ),
        Feature(
            "largest_order",
            orders.largest("amount", TOGETHER),
            "money",
            "the largest order, all its lines together",
            Windows.LIFE,
            "SMALLER_ORDERS",
        ),
        Feature(
            "last_order",
            orders.newest("amount", TOGETHER) / order_mean,
            "ratio",
            "the last order against the mean of all",
            Windows.LIFE,
            "SMALLER_ORDERS",
        ),
        Feature(
            "order_volatility",
            orders.spread("amount", TOGETHER) / order_mean,
            "ratio",
            "the standard deviation of orders against their mean (0: all alike)",
            Windows.LIFE,
            "SMALLER_ORDERS",
        ),
        Feature(
            "largest_line",
            purchases.largest("amount"),
            "money",
            "the largest single line",
            Windows.LIFE,
            "SMALLER_ORDERS",
        ),
        Feature(
            "line_spread",
            purchases.spread("amount"),
            "money",
            "the standard deviation of lines",
            Windows.LIFE,
            "SMALLER_ORDERS",
        ),
        Feature(
            "unit_price",
            money / purchases.sum("quantity"),
            "money",
            "paid a piece",
            Windows.BOTH,
            "PRICE_UP",
        ),
        Feature(
            "price_change",
            (money / purchases.sum("quantity")) / (money / purchases.sum("quantity")).over(LIFE),
            "ratio",
            "paid a piece against the customer's whole life (1: as always)",
            Windows.EACH,
            "PRICE_UP",
        ),
        Feature(
            "price_rises",
            purchases.repeated("product").sum_of_rises("list_price"),
            "sum of shares",
            "changes of the price of a piece against the time before, of the same product",
            Windows.BOTH,
            "PRICE_UP",
        ),
        Feature(
            "price_rises_of_kind",
            purchases.repeated("category").sum_of_rises("price_index"),
            "sum of shares",
            "changes of prices against the time before, in the same category",
            Windows.BOTH,
            "PRICE_UP",
        ),
        Feature(
            "price_index",
            purchases.mean("price_index"),
            "ratio",
            "prices against the products' first known ones",
            Windows.BOTH,
            "PRICE_UP",
        ),
        Feature(
            "discount_share",
            purchases.sum("discount") / (purchases.sum("discount") + money),
            "share 0 to 1",
            "of the list price taken off",
            Windows.BOTH,
            "DISCOUNT_HUNTING",
        ),
    ),
)
