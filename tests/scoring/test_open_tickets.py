"""A ticket is open for the features, for the brief and for win-back alike."""

import ibis
import pandas as pd
import pytest
from tests.features.logs import Row, day, expect, one, purchases

from holdfast.scoring.cases import find_cases
from holdfast.scoring.last_facts import count_open_tickets

# opened, resolved, reopened (days; None: not yet), open on day 20, for how many days
TICKETS = [
    ((10, None, None), 1, 10),
    ((10, 12, None), 0, None),
    ((10, 12, 15), 1, 5),  # reopened: open since then
    ((10, 12, 12), 1, 8),
    ((10, 15, 12), 0, None),  # the resolution that the row knows came after the reopening
    ((10, 25, 12), 1, 10),
    ((10, None, 12), 1, 10),
    ((10, 12, 22), 0, None),  # reopened later than the day
    ((22, None, None), 0, None),
]


@pytest.mark.parametrize(("times", "count", "days"), TICKETS)
def test_one_definition_of_an_open_ticket(
    times: tuple[int, int | None, int | None], count: int, days: int | None
) -> None:
    names = ("opened_at", "resolved_at", "reopened_at")
    ticket: Row = {"ticket_id": "t"}
    ticket |= {name: None if on is None else day(on) for name, on in zip(names, times, strict=True)}
    features = one({"transactions": purchases(0), "tickets": [ticket]}, 20)
    expect(features, tickets__open_now__all=count, tickets__open_days__all=days)

    as_of = day(20).date()
    table = ibis.memtable(
        pd.DataFrame([{**ticket, "customer_id": "a", "known_at": ticket["opened_at"]}]).astype(
            dict.fromkeys((*names, "known_at"), "datetime64[us]")
        )
    )
    assert len(find_cases({"tickets": table}, ["a"], as_of)["open_tickets"][0]) == count
    ids = ibis.memtable({"customer_id": ["a"]})
    counted = count_open_tickets({"tickets": table}, ids, as_of)
    assert counted is not None
    assert counted[["open_tickets", "open_days"]].to_numpy().tolist() == ([[1, days]] if count else [])
