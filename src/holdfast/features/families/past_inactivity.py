"""Past inactivity: the share of past windows as long as the horizon without a purchase.

Only the baseline `past_inactivity` of the model card uses it. The model does not learn from it, because it
ranked no better by it (decision 0080).
"""

from holdfast.features.expressions import Expression
from holdfast.features.family import HIGHER, HORIZON, Family, Feature
from holdfast.features.measures import AGE, ByDays, gap_beyond, select

purchases = select("purchase")
silence, tenure = purchases.min(AGE), purchases.max(AGE)


def empty_share(days: int) -> Expression:
    """The share of the windows of so many days, from the first purchase on, without a purchase.

    A window begins at any moment s from the first purchase to `days` before the as-of date, so that it has
    ended by then. Within a gap of g days between two purchases, the windows that begin in its first
    max(g - days, 0) days are empty. The same holds for the time since the last purchase. So the share is

        (sum over gaps of max(gap - days, 0) + max(silence - days, 0)) / (tenure - days)

    It is null until the tenure exceeds `days`: no window has ended.
    """
    empty = purchases.sum(gap_beyond(days)) + (silence > days) * (silence - days)
    return empty / ((tenure > days) * (tenure - days))


PAST_INACTIVITY = Family(
    name="past_inactivity",
    stream="transactions",
    reasons=(),
    features=(
        Feature("share", ByDays(empty_share), "share 0 to 1",
                "of the earlier windows of this length, since the first purchase, without a purchase",
                HORIZON, HIGHER, "RARELY_BUYS"),
    ),
)  # fmt: skip
