"""Habits: the weekdays and hours at which the customer buys, and whether they changed."""

from holdfast.features.family import ALL, BOTH, Family, Feature, Reason
from holdfast.features.measures import ALL_HISTORY, HOUR_OF_DAY, WEEKEND, select

purchases = select("purchase")
orders = purchases.distinct("order")
weekdays, hours = purchases.distinct("weekday").count(), purchases.distinct("hour").count()
weekend, hour, hour_std = orders.mean(WEEKEND), orders.mean(HOUR_OF_DAY), orders.std(HOUR_OF_DAY)
weekend_change = weekend - weekend.over_window(ALL_HISTORY)
hour_change = hour - hour.over_window(ALL_HISTORY)

HABITS = Family(
    name="habits",
    stream="transactions",
    rhythm=("gaps__mean",),
    reasons=(Reason("HABIT", neutral=True, background=True),),
    features=(
        Feature("weekdays", weekdays, "weekdays, 0 to 7", "different weekdays with a purchase", BOTH),
        Feature("hours", hours, "hours, 0 to 24", "different hours of the day with a purchase", ALL),
        Feature("weekend", weekend, "share 0 to 1", "of the orders on Saturdays and Sundays", BOTH),
        Feature("weekend_change", weekend_change, "-1 to 1",
                "weekends' share of the orders minus that of all history"),
        Feature("hour", hour, "hour, 0 to 24", "the mean hour of day of orders", BOTH),
        Feature("hour_spread", hour_std, "hours", "the standard deviation of the orders' hour of day", ALL),
        Feature("hour_change", hour_change, "hours, -24 to 24",
                "the mean hour of day minus that of all history"),
    ),
)  # fmt: skip
