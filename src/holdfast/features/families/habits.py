"""Habits: on which weekdays and at what hours the customer buys, and whether that has moved."""

from holdfast.features.expressions import LIFE
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import HOUR, WEEKEND

purchases = select("purchase")
orders = purchases.distinct("order")
weekend = orders.mean(WEEKEND)
hour = orders.mean(HOUR)

HABITS = Family(
    name="habits",
    stream="transactions",
    reason="HABIT",
    features=(
        Feature(
            "weekdays",
            purchases.distinct("weekday").count(),
            "weekdays, 0 to 7",
            "different weekdays with a purchase",
            Windows.BOTH,
        ),
        Feature(
            "hours",
            purchases.distinct("hour").count(),
            "hours, 0 to 24",
            "different hours of the day with a purchase",
            Windows.LIFE,
        ),
        Feature("weekend", weekend, "share 0 to 1", "of the orders on Saturdays and Sundays", Windows.BOTH),
        Feature(
            "weekend_change",
            weekend - weekend.over(LIFE),
            "-1 to 1",
            "weekends' share of the orders against the customer's whole life",
        ),
        Feature("hour", hour, "hour, 0 to 24", "the mean hour of day of orders", Windows.BOTH),
        Feature(
            "hour_spread",
            orders.spread(HOUR),
            "hours",
            "the standard deviation of the orders' hour of day",
            Windows.LIFE,
        ),
        Feature(
            "hour_change",
            hour - hour.over(LIFE),
            "hours, -24 to 24",
            "the mean hour of day against the customer's whole life",
        ),
    ),
)
