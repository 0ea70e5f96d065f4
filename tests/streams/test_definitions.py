"""Contract tables → facts: what each row becomes, when it was known, and what a fact must not carry."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa

from holdfast.contracts.tables import CONTRACTS
from holdfast.streams.definitions import define
from holdfast.streams.stream import Stream

Build = Callable[..., tuple[Stream, pa.Table]]


def at(day: int, hour: int = 0) -> dt.datetime:
    """A time in January 2024."""
    return dt.datetime(2024, 1, day, hour)  # noqa: DTZ001  # wall-clock


def micros(time: dt.datetime) -> float:
    """As the number columns hold times."""
    return (time - dt.datetime(1970, 1, 1)) / dt.timedelta(microseconds=1)  # noqa: DTZ001


def facts_of(built: tuple[Stream, pa.Table], *columns: str) -> list[tuple[Any, ...]]:
    """(kind, *columns) of every fact, oldest first."""
    stream, facts = built
    return [(stream.kinds[row["kind"]], *(row[name] for name in columns)) for row in facts.to_pylist()]


# --- transactions --------------------------------------------------------------------------------------


def line(day: int, amount: float, **more: Any) -> dict[str, Any]:
    usual = {"customer_id": "a", "transaction_id": "t", "occurred_at": at(day), "known_at": at(day)}
    return {**usual, "amount": amount, **more}


def test_transactions_are_purchases_refunds_or_free_lines(stream_of: Build) -> None:
    built = stream_of("transactions", [line(1, 9.5), line(2, -9.5), line(3, 0.0)])
    assert facts_of(built, "amount") == [("purchase", 9.5), ("refund", -9.5), ("free", 0.0)]
    assert built[0].mapped_kinds == ("purchase", "refund", "free")


def test_late_transactions_keep_both_times(stream_of: Build) -> None:
    assert facts_of(stream_of("transactions", [line(1, 1.0, known_at=at(9))]), "occurred_at", "known_at") == [
        ("purchase", at(1), at(9))
    ]


def test_columns_that_a_source_lacks_are_not_in_its_stream(stream_of: Build) -> None:
    stream, facts = stream_of("transactions", [line(1, 1.0)])
    assert (stream.keys, stream.levels) == (("order",), ())
    assert "discount" not in stream.numbers
    assert facts.column_names == list(stream.columns)


def test_equal_keys_share_a_hash_and_others_do_not(stream_of: Build) -> None:
    rows = [line(1, 1.0, product_id="p"), line(2, 1.0, product_id="q"), line(3, 1.0, product_id="p")]
    first, other, again = stream_of("transactions", rows)[1]["product_key"].to_pylist()
    assert first == again != other


def sold(day: int, amount: float, quantity: float | None = 1.0, **more: Any) -> dict[str, Any]:
    return line(day, amount, **{"quantity": quantity, "product_id": "p", **more})


def test_list_price_is_that_of_a_piece_before_discount(stream_of: Build) -> None:
    rows = [
        sold(1, 9.0, 2.0, discount=1.0),
        sold(2, 9.0, 3.0, discount=None),
        sold(3, 9.0, 0.0, discount=1.0),
        sold(4, 9.0, None, discount=1.0),
        sold(5, -9.0, 1.0, discount=0.0),
    ]
    prices = [price for _, price in facts_of(stream_of("transactions", rows), "list_price")]
    assert prices == [5.0, 3.0, None, None, None]


def test_price_index_is_against_the_products_first_price_at_any_customer(stream_of: Build) -> None:
    rows = [
        sold(1, 10.0, customer_id="b"),
        sold(2, 12.0),
        sold(3, 60.0, 2.0, product_id="q"),
        sold(4, 27.0, product_id="q"),
        sold(5, 99.0, product_id=None),
    ]
    built = stream_of("transactions", rows)
    index = {row["occurred_at"].day: row["price_index"] for row in built[1].to_pylist()}
    assert index == {1: 1.0, 2: 1.2, 3: 1.0, 4: 0.9, 5: None}


def test_a_late_row_does_not_change_the_first_price(stream_of: Build) -> None:
    rows = [sold(2, 10.0), sold(3, 12.0)]
    late = sold(1, 5.0, known_at=at(9))
    (first,), second, third = (
        [(row["occurred_at"], row["price_index"]) for row in stream_of("transactions", known)[1].to_pylist()]
        for known in ([late], rows, [late, *rows])
    )
    assert first == (at(1), 1.0)
    assert second == [(at(2), 1.0), (at(3), 1.2)]
    assert third == [(at(1), 0.5), *second]


# --- tickets -------------------------------------------------------------------------------------------

FULL = {
    "customer_id": "a",
    "ticket_id": "t",
    "opened_at": at(1),
    "known_at": at(1),
    "first_response_at": at(1, 6),
    "resolved_at": at(3),
    "csat": 2.0,
    "csat_at": at(5),
    "category": "billing",
    "priority": "Urgent ",
}


def test_a_ticket_is_a_fact_for_each_thing_that_happened(stream_of: Build) -> None:
    built = stream_of("tickets", [FULL])
    assert facts_of(built, "occurred_at", "known_at", "hours", "csat") == [
        ("opened", at(1), at(1), None, None),
        ("answered", at(1, 6), at(1, 6), 6.0, None),
        ("resolved", at(3), at(3), 48.0, None),
        ("rated", at(5), at(5), None, 2.0),
    ]


def test_what_has_not_happened_is_no_fact(stream_of: Build) -> None:
    waiting = {**FULL, "first_response_at": None, "resolved_at": None, "csat": None, "csat_at": None}
    built = stream_of("tickets", [FULL, {**waiting, "customer_id": "b"}])
    assert [kind for kind, who in facts_of(built, "customer_id") if who == "b"] == ["opened"]


def test_the_opened_fact_does_not_tell_what_came_later(stream_of: Build) -> None:
    later = {**FULL, "first_response_at": at(2), "resolved_at": at(20), "csat": 5.0, "csat_at": at(21)}
    (one,), (other,) = (
        [row for row in stream_of("tickets", [ticket])[1].to_pylist() if row["kind"] == 0]
        for ticket in (FULL, later)
    )
    assert (one.pop("until"), other.pop("until")) == (micros(at(3)), micros(at(20)))
    assert one == other


def test_later_facts_are_known_at_the_later_of_their_time_and_the_row(stream_of: Build) -> None:
    built = stream_of("tickets", [{**FULL, "known_at": at(4)}])
    assert facts_of(built, "known_at") == [
        ("opened", at(4)), ("answered", at(4)), ("resolved", at(4)), ("rated", at(5))
    ]  # fmt: skip


def test_a_ticket_is_seen_as_open_until_its_resolution_was_known(stream_of: Build) -> None:
    built = stream_of("tickets", [{**FULL, "known_at": at(4)}])
    assert facts_of(built, "until")[0] == ("opened", micros(at(4)))


def test_a_ticket_without_resolution_stays_open(stream_of: Build) -> None:
    rows = [{name: FULL[name] for name in ("customer_id", "ticket_id", "opened_at", "known_at")}]
    built = stream_of("tickets", rows)
    assert facts_of(built, "until") == [("opened", None)]
    assert built[0].mapped_kinds == ("opened",)


def test_a_ticket_that_was_reopened_after_its_resolution_is_open_again(stream_of: Build) -> None:
    built = stream_of("tickets", [{**FULL, "reopened_at": at(7)}])
    assert [fact for fact in facts_of(built, "occurred_at", "until") if fact[0] == "reopened"] == [
        ("reopened", at(7), None)
    ]


def test_a_reopening_before_the_resolution_does_not_open_it_twice(stream_of: Build) -> None:
    built = stream_of("tickets", [{**FULL, "reopened_at": at(2)}])
    facts = facts_of(built, "occurred_at", "until")
    assert ("opened", at(1), micros(at(3))) in facts
    assert ("reopened", at(2), micros(at(2))) in facts


def test_a_rating_without_a_value_is_none(stream_of: Build) -> None:
    built = stream_of("tickets", [{**FULL, "csat": None}, {**FULL, "customer_id": "b"}])
    assert [who for kind, who in facts_of(built, "customer_id") if kind == "rated"] == ["b"]


def test_priorities_are_ranked_by_their_usual_words(stream_of: Build) -> None:
    words = ["low", "Normal", " HIGH", "P1", "whenever", None]
    rows = [{**FULL, "customer_id": str(place), "priority": word} for place, word in enumerate(words)]
    ranks = [rank for kind, rank in facts_of(stream_of("tickets", rows), "priority_rank") if kind == "opened"]
    assert ranks == [1, 2, 3, 4, None, None]


# --- customers -----------------------------------------------------------------------------------------


def test_undated_attributes_were_always_so(stream_of: Build) -> None:
    built = stream_of(
        "customers", [{"customer_id": "a", "country": "GR", "signed_up_at": at(2)}], ("country",)
    )
    assert sorted(facts_of(built, "occurred_at", "known_at", "country"), key=str) == [
        ("described", None, None, "GR"),
        ("signed_up", at(2), at(2), None),  # the row's texts may be newer than the day of signing up
    ]


def test_dated_attributes_hold_from_their_day_on(stream_of: Build) -> None:
    rows = [
        {"customer_id": "a", "valid_from": at(1), "tier": "silver", "points": 10.0},
        {"customer_id": "a", "valid_from": at(5), "tier": "gold", "points": 99.0},
    ]
    built = stream_of("customers", rows, ("tier", "points"), {"tier": pa.string(), "points": pa.float64()})
    assert facts_of(built, "known_at", "tier", "points") == [
        ("described", at(1), "silver", 10.0),
        ("described", at(5), "gold", 99.0),
    ]
    assert built[0].levels == ("tier",)


def test_only_listed_attributes_get_in(stream_of: Build) -> None:
    stream, _ = stream_of(
        "customers", [{"customer_id": "a", "country": "GR", "language": "el"}], ("country",)
    )
    assert (stream.levels, stream.numbers, stream.keys) == (("country",), (), ())


# --- subscriptions, contacts ---------------------------------------------------------------------------


def test_a_plan_version_is_started_noticed_and_ended(stream_of: Build) -> None:
    row = {
        "customer_id": "a", "subscription_id": "s", "started_at": at(1), "known_at": at(1),
        "cancelled_at": at(10), "ended_at": at(20), "monthly_value": 30.0, "plan": "basic",
    }  # fmt: skip
    built = stream_of("subscriptions", [row])
    assert facts_of(built, "occurred_at", "known_at", "monthly_value", "version") == [
        ("started", at(1), at(1), 30.0, micros(at(1))),
        ("noticed", at(10), at(10), None, micros(at(1))),
        ("ended", at(20), at(20), None, micros(at(1))),
    ]


def test_notice_before_the_beginning_holds_from_the_beginning_on(stream_of: Build) -> None:
    row = {
        "customer_id": "a", "subscription_id": "s", "started_at": at(5), "known_at": at(1),
        "cancelled_at": at(3),
    }  # fmt: skip
    assert facts_of(stream_of("subscriptions", [row]), "occurred_at") == [
        ("started", at(5)),
        ("noticed", at(5)),
    ]


def test_what_a_fact_learns_later_is_marked_as_its_end(stream_of: Build) -> None:
    stream, _ = stream_of("tickets", [FULL])
    assert stream.ends == ("until", "unrated_until")
    assert stream_of("transactions", [line(1, 1.0)])[0].ends == ()


def test_responses_are_known_when_they_came(stream_of: Build) -> None:
    row = {
        "customer_id": "a", "contacted_at": at(1), "known_at": at(2), "channel": "phone", "cost": 4.0,
        "response_at": at(6),
    }  # fmt: skip
    assert facts_of(stream_of("contacts", [row]), "known_at", "cost", "channel") == [
        ("contacted", at(2), 4.0, "phone"),
        ("responded", at(6), None, "phone"),
    ]


def test_features_can_select_by_the_texts_of_every_stream(stream_of: Build) -> None:
    contact = {"customer_id": "a", "contacted_at": at(1), "known_at": at(1), "response_at": at(2)}
    texts = {"channel": "phone", "campaign": "spring", "action": "offer"}
    assert facts_of(stream_of("contacts", [{**contact, **texts}]), *texts) == [
        ("contacted", "phone", "spring", "offer"),
        ("responded", "phone", "spring", "offer"),
    ]
    used = {"customer_id": "a", "occurred_at": at(1), "known_at": at(1), "event": "login", "quantity": None}
    assert facts_of(stream_of("usage", [used]), "event", "quantity") == [("usage", "login", 1.0)]
    bought = stream_of("transactions", [line(1, 1.0, channel="web", category="tea")])
    assert facts_of(bought, "channel", "category") == [("purchase", "web", "tea")]


def test_absent_tables_make_no_streams() -> None:
    columns = {
        column.name: pa.timestamp("us") for column in CONTRACTS["contacts"].columns if column.type == "time"
    }
    empty = pa.schema({"customer_id": pa.string(), **columns}).empty_table()
    assert list(define({"contacts": ibis.memtable(empty)})) == ["contacts"]
    assert define({}) == {}
