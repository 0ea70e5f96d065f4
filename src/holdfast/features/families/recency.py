"""Recency: how long ago the customer bought, against how long we have known them."""

from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import AGE

purchases = select("purchase")
days = purchases.distinct("day")

RECENCY = Family(
    name="recency",
    stream="transactions",
    reason="LONG_SILENCE",
    features=(
        Feature("days", purchases.smallest(AGE), "days", "since the last purchase", Windows.LIFE),
        Feature(
            "tenure", purchases.largest(AGE), "days", "since the first purchase", Windows.LIFE, "NEW_CUSTOMER"
        ),
        Feature(
            "share_silent",
            purchases.smallest(AGE) / purchases.largest(AGE),
            "share 0 to 1",
            "of the time since the first purchase that has passed since the last",
            Windows.LIFE,
        ),
        Feature(
            "share_active",
            days.count() / purchases.largest(AGE),
            "purchase days a day",
            "days with a purchase for each day since the first",
            Windows.LIFE,
            "RARELY_BUYS",
        ),
    ),
)
