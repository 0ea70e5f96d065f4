"""Spend: amount, order size, prices, and their trends."""

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
from holdfast.features.measures import (
    AGE,
    ALL_HISTORY,
    WindowDays,
    price_ratio,
    ratio_to_previous,
    select,
    total,
)
from holdfast.features.reasons import SUBSCRIBED

ROUNDS_UP = 1.01  # a rise of at least one per cent

purchases = select("purchase")
orders = purchases.distinct("order")
money, discount = purchases.sum("amount"), purchases.sum("discount")
tenure = purchases.max(AGE).over_window(ALL_HISTORY)
pace = (money / WindowDays()) * tenure / money.over_window(ALL_HISTORY)
order_mean = orders.mean(total("amount"))
last_order = orders.last(total("amount")) / order_mean
order_volatility = orders.std(total("amount")) / order_mean
unit_price = money / purchases.sum("quantity")
price_change = unit_price / unit_price.over_window(ALL_HISTORY)
same_product, same_category = purchases.repeated("product"), purchases.repeated("category")
price_step, index_step = price_ratio("list_price", "quantity"), ratio_to_previous("price_index")
price_rises, largest_rise = same_product.sum_of_changes(price_step), same_product.max(price_step)
price_rises_of_kind = same_category.sum_of_changes(index_step)
largest_rise_of_kind = same_category.max(index_step)


def rise(ratio: float) -> float:
    """The rise in per cent of a ratio."""
    return 100 * (ratio - 1)


def risen(feature: str) -> Claim:
    """A recent rise of a price, and of the mean price of what the customer buys.

    Without the mean, one piece instead of fifty on one of 45 lines would be a rise.
    """
    return Claim(feature, at_least=ROUNDS_UP, confirmed_by="spend__price_index", recent=True, shortest=30)


def price_rise(feature: str, without: str | None = None) -> Figure:
    """A recent rise that a feature measures; the one of products may compare with a price of long ago."""
    return Figure("price_rise", risen(feature), shown=rise, without=without)


SPEND = Family(
    name="spend",
    stream="transactions",
    rhythm=("gaps__mean",),
    reasons=(
        Reason("SPEND_DOWN", cause=Cause.LESS, general=Claim("spend__sum"),
               figures=(Figure("spend", Claim("spend__sum", than="before", longest=0)), SUBSCRIBED)),
        Reason("SMALLER_ORDERS", cause=Cause.LESS, general=Claim("spend__order_value"),
               figures=(Figure("order_value", Claim("spend__order_value", than="spend__order_value",
                                                    shortest=0)), SUBSCRIBED)),
        Reason("PRICE_UP", cause=Cause.PRICE,
               general=risen("spend__largest_rise_of_kind"),
               figures=(price_rise("spend__largest_rise_of_kind"),
                        price_rise("spend__largest_rise", without="spend__largest_rise_of_kind"),
                        Figure("plan_rise", Claim("subscription__value_change", at_least=ROUNDS_UP),
                               shown=rise))),
        Reason("DISCOUNT_HUNTING", general=Claim("spend__discount_share"),
               figures=(Figure("discount", Claim("spend__discount_share", above=0),
                               shown=lambda share: 100 * share),)),
    ),
    features=(
        Feature("sum", money, "money", "spent, refunds not netted", BOTH, LOWER),
        Feature("change", money.change(), "-1 to 1", "spend against the window before", EACH, LOWER),
        Feature("pace", pace, "ratio", "spend a day against all history (1: as always)", EACH, LOWER),
        Feature("order_value", money / orders.count(), "money", "spent an order", BOTH, LOWER,
                "SMALLER_ORDERS"),
        Feature("largest_order", orders.max(total("amount")), "money",
                "the largest order, all its lines together", ALL, LOWER, "SMALLER_ORDERS"),
        Feature("last_order", last_order, "ratio", "the last order against the mean of all", ALL, LOWER,
                "SMALLER_ORDERS"),
        Feature("order_volatility", order_volatility, "ratio",
                "the standard deviation of orders against their mean (0: all alike)", ALL, None,
                "SMALLER_ORDERS"),
        Feature("largest_line", purchases.max("amount"), "money", "the largest single line", ALL, LOWER,
                "SMALLER_ORDERS"),
        Feature("line_spread", purchases.std("amount"), "money", "the standard deviation of lines", ALL, None,
                "SMALLER_ORDERS"),
        Feature("unit_price", unit_price, "money", "paid a piece", BOTH, HIGHER, "PRICE_UP"),
        Feature("price_change", price_change, "ratio",
                "paid a piece against all history (1: as always)", EACH, HIGHER, "PRICE_UP"),
        Feature("price_rises", price_rises, "sum of shares",
                "changes of the price of a piece against the time before, of the same product, unless the "
                "quantity may explain them", BOTH, HIGHER, "PRICE_UP"),
        Feature("price_rises_of_kind", price_rises_of_kind, "sum of shares",
                "changes of prices against the time before, in the same category", BOTH, HIGHER, "PRICE_UP"),
        Feature("largest_rise", largest_rise, "ratio",
                "the largest price of a piece against the one before, of the same product, unless the "
                "quantity may explain it", EACH, HIGHER, "PRICE_UP"),
        Feature("largest_rise_of_kind", largest_rise_of_kind, "ratio",
                "the largest price against the one before, in the same category", EACH, HIGHER, "PRICE_UP"),
        Feature("price_index", purchases.mean("price_index"), "ratio",
                "prices against the products' first known ones", BOTH, HIGHER, "PRICE_UP"),
        Feature("discount_share", discount / (discount + money), "share 0 to 1",
                "of the list price taken off", BOTH, HIGHER, "DISCOUNT_HUNTING"),
    ),
)  # fmt: skip
