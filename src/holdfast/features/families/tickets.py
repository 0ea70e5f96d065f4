"""Tickets: how many, how pressing, what is open now, and the same complaint again."""

from holdfast.features.expressions import present
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import before, change, select
from holdfast.features.values import AGE

opened = select("opened")
orders = select("purchase").distinct("order")
open_now = select("opened", "reopened").open("until")

TICKETS = Family(
    name="tickets",
    stream="tickets",
    reason="MANY_TICKETS",
    features=(
        Feature("opened", opened.count(), "tickets", "tickets opened", Windows.BOTH),
        Feature("change", change(opened.count()), "-1 to 1", "tickets against the window before"),
        Feature("days_since", opened.smallest(AGE), "days", "since the last ticket", Windows.LIFE),
        Feature("open_now", open_now.count(), "tickets", "tickets open", Windows.LIFE, "OPEN_TICKET"),
        Feature(
            "open_days",
            open_now.largest(AGE),
            "days",
            "the oldest open ticket is open",
            Windows.LIFE,
            "OPEN_TICKET",
        ),
        Feature(
            "open_days_sum",
            open_now.sum(AGE),
            "days",
            "all open tickets together are open",
            Windows.LIFE,
            "OPEN_TICKET",
        ),
        Feature("reopened", select("reopened").count(), "tickets", "tickets reopened", Windows.BOTH),
        Feature(
            "repeated",
            opened.repeated("category", within_days=30).count(),
            "tickets",
            "opened within 30 days of one of the same category",
            Windows.BOTH,
        ),
        Feature(
            "priority_mean",
            opened.mean("priority_rank"),
            "1 to 4",
            "priority at opening, 4 urgent",
            Windows.BOTH,
        ),
        Feature(
            "priority_highest",
            opened.largest("priority_rank"),
            "1 to 4",
            "the highest priority",
            Windows.BOTH,
        ),
        Feature(
            "pressing",
            opened.sum("pressing"),
            "tickets",
            "opened with high or urgent priority",
            Windows.BOTH,
        ),
        Feature(
            "pressing_share",
            opened.mean("pressing"),
            "share 0 to 1",
            "opened with high or urgent priority, of those with a known one",
            Windows.LIFE,
        ),
        Feature(
            "an_order",
            opened.count() / orders.count(),
            "tickets",
            "tickets for each order",
            Windows.BOTH,
        ),
        Feature(
            "since_order",
            opened.after(select("purchase")).count(),
            "tickets",
            "opened since the last purchase (all of them without one)",
            Windows.LIFE,
        ),
        Feature(
            "silence",
            before(opened.count()) * (1 - present(opened.count())),
            "tickets",
            "opened in the window before when none was in this one, else 0",
            Windows.EACH,
            "TICKETS_STOPPED",
        ),
        Feature(
            "last_category",
            opened.newest("category"),
            "level",
            "the last ticket's category",
            Windows.LIFE,
            level=True,
        ),
        Feature(
            "last_priority",
            opened.newest("priority"),
            "level",
            "the last ticket's priority",
            Windows.LIFE,
            level=True,
        ),
        Feature(
            "last_channel",
            opened.newest("channel"),
            "level",
            "the last ticket's channel",
            Windows.LIFE,
            level=True,
        ),
        Feature(
            "categories",
            opened.distinct("category").count(),
            "categories",
            "different categories",
            Windows.LIFE,
        ),
    ),
)
