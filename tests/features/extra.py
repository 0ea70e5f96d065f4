"""Features that no family has: all else that a selection, a condition or a measure can be asked for."""

import datetime as dt

from holdfast.features.expressions import Expression
from holdfast.features.family import BOTH, Family, Feature, Reason
from holdfast.features.measures import GAP, HOUR_OF_DAY, WEEKDAY, WEEKEND, col, select, total


def extra_family(name: str, *values: Expression) -> Family:
    """A family of numbered features."""
    features = tuple(Feature(str(place), value, "-", "-", BOTH) for place, value in enumerate(values))
    return Family(name, "transactions", (Reason("HABIT", neutral=True),), features)


purchases, refunds, opened = select("purchase"), select("refund"), select("opened")
large = purchases.where(col("amount") > 5)

EXTRA = extra_family(
    "extra",
    purchases.mean(WEEKDAY),
    select("purchase", "refund").distinct("weekday").mean(WEEKEND),
    purchases.distinct("hour").std(HOUR_OF_DAY),
    purchases.first("hour").count(),
    purchases.repeated("weekday", within_days=8).count(),
    purchases.first_value("amount"),
    refunds.since_last(opened).sum("amount"),
    purchases.distinct("product").since_last(select("contacted")).mean(GAP),
    purchases.first("product").since_last(purchases.repeated("category")).count(),
    select("opened", "reopened").open("until").since_last(select("rated")).count(),
    select("purchase", "refund").distinct("order").min("amount"),
    # conditions: numbers, with nulls among them
    large.count(),
    large.sum("amount").change(),
    large.sum("amount") / purchases.sum("amount"),
    purchases.where(col("quantity") != 3).first("product").count(),
    purchases.where(col("quantity") == 3, col("amount") >= 2.5).distinct("order").mean(total("amount")),
    select("purchase", "refund").where(col("amount") <= -4).max("amount"),
    opened.where(col("priority_rank") < 3).since_last(purchases.where(channel="web")).count(),
    select("usage").where(event="visit", quantity=4).sum("quantity"),
    # texts
    purchases.where(channel="web").repeated("product", within_days=20).count(),
    purchases.where(col("category").isin(["y", "z"])).std("amount"),
    purchases.where(col("category").isin([])).count(),
    purchases.where(channel="nowhere").sum("amount"),
    purchases.where(channel="nowhere").last("amount"),
    purchases.where(col("channel") != "nowhere").distinct("day").mean(GAP),
    purchases.where(col("channel") > "shop", col("category") < "y").count(),
    purchases.where(col("channel") >= "shop", col("category") <= "xx").count(),
    opened.where(category="late").open("until").count(),
    opened.where(category="late").repeated("category", within_days=30).count(),
    select("contacted").where(channel="call", campaign="c").distinct("day").count().change(),
    select("described").where(segment="home").count(),
)
TIMES = extra_family(  # of the calendar: a log some weeks later gives others
    "times",
    select("started").where(col("renews_at") >= dt.datetime(2026, 3, 20)).count(),  # noqa: DTZ001  # wall-clock
    select("started").where(col("renews_at") < dt.date(2026, 4, 1)).last("monthly_value"),
)
