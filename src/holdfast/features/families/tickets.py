"""Tickets: number, priority, open tickets and repeated complaints."""

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
from holdfast.features.measures import AGE, select
from holdfast.features.reasons import OVERDUE, SUBSCRIBED

LAST = "tickets__days_since"

opened = select("opened")
orders = select("purchase").distinct("order")
open_now = select("opened", "reopened").open("until")
tickets = opened.count()
stopped = tickets.previous_window() * (1 - (tickets > 0))

TICKETS = Family(
    name="tickets",
    stream="tickets",
    reasons=(
        Reason("MANY_TICKETS", cause=Cause.SERVICE, otherwise="RECENT_TICKET",
               figures=(Figure("tickets", Claim("tickets__opened", at_least=2, recent=True, shortest=30)),)),
        Reason("RECENT_TICKET", cause=Cause.SERVICE,
               figures=(Figure("ticket_days", Claim("tickets__since_order", above=0, last=LAST),
                               states=(LAST,)),
                        Figure("silence", OVERDUE), SUBSCRIBED)),
        Reason("OPEN_TICKET", cause=Cause.SERVICE, general=Claim("tickets__open_now", above=0),
               figures=(Figure("open_tickets", Claim("tickets__open_now", above=0)),
                        Figure("open_days", Claim("tickets__open_now", above=0),
                               states=("tickets__open_days",)))),
        Reason("TICKETS_STOPPED", cause=Cause.SERVICE,
               figures=(Figure("tickets", Claim("tickets__silence", at_least=2, recent=True, longest=30)),)),
    ),
    features=(
        Feature("opened", tickets, "tickets", "tickets opened", BOTH, HIGHER),
        Feature("change", tickets.change(), "-1 to 1", "tickets against the window before", EACH, HIGHER),
        Feature("days_since", opened.min(AGE), "days", "since the last ticket", ALL, LOWER),
        Feature("open_now", open_now.count(), "tickets", "tickets open", ALL, HIGHER, "OPEN_TICKET"),
        Feature("open_days", open_now.max(AGE), "days", "the oldest open ticket is open", ALL, HIGHER,
                "OPEN_TICKET"),
        Feature("open_days_sum", open_now.sum(AGE), "days", "all open tickets together are open", ALL, HIGHER,
                "OPEN_TICKET"),
        Feature("reopened", select("reopened").count(), "tickets", "tickets reopened", BOTH, HIGHER),
        Feature("repeated", opened.repeated("category", within_days=30).count(), "tickets",
                "opened within 30 days of one of the same category", BOTH, HIGHER),
        Feature("priority_mean", opened.mean("priority_rank"), "1 to 4", "at opening; 4: urgent",
                BOTH, HIGHER),
        Feature("priority_highest", opened.max("priority_rank"), "1 to 4", "the highest", BOTH, HIGHER),
        Feature("pressing", opened.sum("pressing"), "tickets", "of high or urgent priority", BOTH, HIGHER),
        Feature("pressing_share", opened.mean("pressing"), "share 0 to 1",
                "of high or urgent priority, of those with a known one", ALL, HIGHER),
        Feature("an_order", tickets / orders.count(), "tickets", "tickets for each order", BOTH, HIGHER),
        Feature("since_order", opened.since_last(select("purchase")).count(), "tickets",
                "opened since the last purchase (all of them without one)", ALL, HIGHER),
        Feature("silence", stopped, "tickets",
                "opened in the window before when none was in this one, else 0", EACH, HIGHER,
                "TICKETS_STOPPED", absent="TICKETS_STOPPED"),
        Feature("last_category", opened.last("category"), "level", "the last ticket's category", ALL),
        Feature("last_priority", opened.last("priority"), "level", "the last ticket's priority", ALL),
        Feature("last_channel", opened.last("channel"), "level", "the last ticket's channel", ALL),
        Feature("categories", opened.distinct("category").count(), "categories", "different categories", ALL,
                HIGHER),
    ),
)  # fmt: skip
