"""What is deleted and what is invented, table by table; nothing of the past is touched."""

import pandas as pd
import pytest
from tests.audit.tables import DAY, frame, on, validated

from holdfast.audit.future import with_other_future, without_future

AS_OF = pd.Timestamp(DAY)

# Each: table, one row, what stays of it (None: the row goes).
ROWS = {
    "known before": ("transactions", {"occurred_at": on(-1, 23), "amount": 1.0}, {"amount": 1.0}),
    "known at the very moment": ("transactions", {"occurred_at": on(0), "amount": 1.0}, None),
    "late": ("transactions", {"occurred_at": on(-9), "known_at": on(2), "amount": 1.0}, None),
    "ticket to come": ("tickets", {"ticket_id": "t", "opened_at": on(0, 5)}, None),
    "resolved later": (
        "tickets",
        {"opened_at": on(-5), "first_response_at": on(-4), "resolved_at": on(0), "reopened_at": on(3)},
        {"first_response_at": on(-4), "resolved_at": None, "reopened_at": None},
    ),
    "rated later": (
        "tickets",
        {"opened_at": on(-5), "csat": 2.0, "csat_at": on(1)},
        {"csat": None, "csat_at": None},
    ),
    "rated before": (
        "tickets",
        {"opened_at": on(-5), "csat": 2.0, "csat_at": on(-1)},
        {"csat": 2.0, "csat_at": on(-1)},
    ),
    "signed up later": (
        "customers",
        {"signed_up_at": on(1), "segment": "home"},
        {"signed_up_at": None, "segment": "home"},
    ),
    "described later": ("customers", {"valid_from": on(4), "segment": "home"}, None),
    "ends later": (
        "subscriptions",
        {"started_at": on(-50), "cancelled_at": on(-2), "ended_at": on(9), "renews_at": on(9)},
        {"cancelled_at": on(-2), "ended_at": None, "renews_at": on(9)},
    ),
    "notice later": (
        "subscriptions",
        {"started_at": on(-50), "cancelled_at": on(0), "ended_at": on(0)},
        {"cancelled_at": None, "ended_at": None},
    ),
    "sold before it starts": (
        "subscriptions",
        {"started_at": on(20), "known_at": on(-20), "plan": "x"},
        {"started_at": on(20), "plan": "x"},
    ),
    "survey to come": ("surveys", {"answered_at": on(1), "kind": "nps", "score": 9.0}, None),
    "use to come": ("usage", {"occurred_at": on(-1), "known_at": on(0), "event": "visit"}, None),
    "use before": ("usage", {"occurred_at": on(-1), "event": "visit"}, {"event": "visit"}),
    "response later": (
        "contacts",
        {"contacted_at": on(-3), "response": "yes", "response_at": on(0, 1)},
        {"response": None, "response_at": None},
    ),
    "response that nothing dates": (
        "contacts",
        {"contacted_at": on(-3), "response": "yes"},
        {"response": None},
    ),
    "churn to come": ("churned", {"churned_at": on(-1), "known_at": on(1), "reason": "price"}, None),
}


@pytest.mark.parametrize(("name", "row", "stays"), ROWS.values(), ids=ROWS)
def test_the_future_is_deleted(name, row, stays):
    found = frame(without_future(name, validated(name, [row]), DAY)).to_dict("records")
    assert len(found) == (stays is not None)
    if stays is not None:
        assert {column: found[0][column] for column in stays} == stays
        assert list(found[0]) == list(validated(name, [row]).columns)


def test_a_row_that_was_always_so_stays():
    table = validated("customers", [{"signed_up_at": on(-9), "segment": "home"}])
    assert frame(without_future("customers", table, DAY))["segment"].tolist() == ["home"]


@pytest.mark.parametrize(("name", "row", "stays"), ROWS.values(), ids=ROWS)
def test_another_future_leaves_the_past_as_it_was(name, row, stays):
    table = validated(name, [row])
    invented = with_other_future(name, table, DAY, seed=1)
    assert list(invented.columns) == list(table.columns)
    before, after = (frame(without_future(name, one, DAY)) for one in (table, invented))
    pd.testing.assert_frame_equal(before, after)
    assert (stays is not None) == bool(len(after))


def log(size: int) -> list[dict[str, object]]:
    """Orders from 100 days before to 100 days after DAY."""
    return [
        {
            "customer_id": f"c{place % 7}",
            "transaction_id": f"o{place}",
            "occurred_at": on(-100 + 200 * place // size, 9),
            "amount": float(place),
            "product_id": f"p{place % 5}",
        }
        for place in range(size)
    ]


def test_an_invented_future_is_another_one():
    table = validated("transactions", log(400))
    whole, invented = frame(table), frame(with_other_future("transactions", table, DAY, seed=1))
    past, future = invented[invented["known_at"] < AS_OF], invented[invented["known_at"] >= AS_OF]
    assert len(past) == 200
    assert len(future) > 240  # the future rows, and a part of the past ones as late rows
    assert (future["known_at"] == AS_OF).any()  # at the very moment from which nothing may be seen
    late = future[future["occurred_at"] < AS_OF]
    assert 0.3 < len(late) / len(future) < 0.7
    assert (late["occurred_at"] < whole["occurred_at"].min()).any()
    merged = future.merge(whole, on="transaction_id", suffixes=("", "_was"))
    assert (merged["customer_id"] != merged["customer_id_was"]).mean() > 0.3
    assert (merged["amount"] != merged["amount_was"]).mean() > 0.3
    assert set(late["transaction_id"]) & set(past["transaction_id"])  # late lines of orders already known


def test_open_facts_get_other_futures():
    rows = [
        {"ticket_id": f"t{place}", "opened_at": on(-5), "csat": None, "csat_at": None, "resolved_at": on(5)}
        for place in range(200)
    ]
    found = frame(with_other_future("tickets", validated("tickets", rows), DAY, seed=1))
    past = found[found["known_at"] < AS_OF]
    assert len(past) == 200
    assert past["resolved_at"].isna().any()
    assert past["csat_at"].notna().sum() > 100
    assert (past["csat_at"].dropna() >= AS_OF).all()
    assert (past["resolved_at"].dropna() == AS_OF).any()


def test_customers_without_dates_have_no_other_rows():
    rows = [{"customer_id": f"c{place}", "signed_up_at": on(-9), "segment": "home"} for place in range(50)]
    found = frame(with_other_future("customers", validated("customers", rows), DAY, seed=1))
    assert len(found) == 50
    dated = [{**row, "valid_from": on(-8)} for row in rows]
    again = frame(with_other_future("customers", validated("customers", dated), DAY, seed=1))
    assert len(again) > 50
    assert (again["valid_from"] == again["known_at"]).all()


def test_the_same_seed_invents_the_same_and_the_order_of_rows_does_not_matter():
    rows = log(200)

    def invent(some, seed):
        made = frame(with_other_future("transactions", validated("transactions", some), DAY, seed=seed))
        return made.sort_values(list(made.columns)).reset_index(drop=True)

    pd.testing.assert_frame_equal(invent(rows, 1), invent(rows[::-1], 1))
    assert not invent(rows, 1).equals(invent(rows, 2))


def test_only_those_compared_get_a_future():
    import ibis

    table = validated("transactions", log(400))
    among = ibis.memtable(pd.DataFrame({"customer_id": ["c1"]}))
    found = frame(with_other_future("transactions", table, DAY, 1, among))
    assert set(found[found["known_at"] >= AS_OF]["customer_id"]) == {"c1"}
    assert set(found[found["known_at"] < AS_OF]["customer_id"]) == {f"c{place}" for place in range(7)}
