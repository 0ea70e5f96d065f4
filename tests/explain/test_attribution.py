"""Each value speaks for the right reason: what is missing, which side of a ratio, which window."""

import math

import numpy as np
import pyarrow as pa

from holdfast.explain.attribution import Attribution
from holdfast.explain.peers import build_peer_groups
from holdfast.features.families import FAMILIES

REASONS = {f"{one.name}__{each.name}": one.reason_of(each) for one in FAMILIES for each in one.features}
STAYED = {"orders__count__30d": [2.0, 3.0, 4.0], "tickets__opened__30d": [0.0, 0.0, 1.0]}


def speaks(of: str, **row: float) -> str:
    """The reason that one value of a customer speaks for."""
    names = tuple(dict.fromkeys((*row, *STAYED)))
    reasons = tuple(REASONS.get(name.rpartition("__")[0], "TALKS_OF_PRICE") for name in names)
    stayed = pa.table(STAYED)
    attribution = Attribution(names, reasons, build_peer_groups(stayed, stayed.column_names))
    matrix = np.array([[row.get(name, math.nan) for name in names]], np.float32)
    return str(attribution.codes[attribution.attribute(matrix)[0, names.index(of)]])


def test_tickets_for_each_order_without_an_order_are_silence() -> None:
    silent = {"tickets__an_order__30d": math.nan, "recency__days__all": 45.0, "tickets__days_since__all": 5.0}
    assert speaks("tickets__an_order__30d", **silent) == "LONG_SILENCE"
    assert speaks("tickets__an_order__30d", **silent | {"recency__days__all": 5.0}) == "MANY_TICKETS"


def test_whatever_is_measured_over_a_window_without_a_purchase_is_silence() -> None:
    for name, value in (
        ("spend__sum__30d", 0), ("orders__count__30d", 0), ("spend__order_value__30d", math.nan),
        ("habits__hour__30d", math.nan), ("variety__products_change__30d", -1), ("gaps__mean__30d", math.nan),
    ):  # fmt: skip
        own = REASONS[name.rpartition("__")[0]]
        assert speaks(name, **{name: value, "recency__days__all": 31.0}) == "LONG_SILENCE", name
        if not math.isnan(value):
            assert speaks(name, **{name: value, "recency__days__all": 29.0}) == own, name


def test_a_ratio_speaks_of_the_side_that_is_unusual() -> None:
    both = {"recency__days__all": 5.0, "tickets__days_since__all": 5.0, "tickets__an_order__30d": 1.0}
    many = both | {"tickets__opened__30d": 3.0, "orders__count__30d": 3.0}
    few = both | {"tickets__opened__30d": 1.0, "orders__count__30d": 1.0}
    assert speaks("tickets__an_order__30d", **many) == "MANY_TICKETS"
    assert speaks("tickets__an_order__30d", **few) == "RARELY_BUYS"


def test_no_ticket_is_no_matter_of_tickets() -> None:
    assert speaks("tickets__opened__30d", tickets__opened__30d=0.0, tickets__days_since__all=90.0) == "HABIT"
    assert speaks("tickets__days_since__all", tickets__days_since__all=math.nan) == "HABIT"
    assert (
        speaks("tickets__since_order__all", tickets__since_order__all=0.0, tickets__days_since__all=90.0)
        == "HABIT"
    )
    assert speaks("support__answer_mean__30d", support__answer_mean__30d=math.nan) == "HABIT"


def test_tickets_and_answers_that_stopped_keep_their_reason() -> None:
    row = {"tickets__silence__30d": 2.0, "tickets__days_since__all": 45.0}
    assert speaks("tickets__silence__30d", **row) == "TICKETS_STOPPED"
    row = {"surveys__answers__30d": 0.0, "surveys__days_since__all": 45.0}
    assert speaks("surveys__answers__30d", **row) == "SURVEY_SILENCE"


def test_no_visit_is_less_use() -> None:
    row = {"usage__events__30d": 0.0, "usage__days_since__all": 45.0}
    assert speaks("usage__events__30d", **row) == "USAGE_DOWN"


def test_one_purchase_without_a_gap_is_rare_buying() -> None:
    row = {"gaps__mean__all": math.nan, "recency__days__all": 5.0}
    assert speaks("gaps__mean__all", **row) == "RARELY_BUYS"


def test_messages_that_do_not_talk_of_it() -> None:
    name = "text__talks_of_price__180d"
    assert [speaks(name, **{name: value}) for value in (math.nan, 0.0, 1.0)] == [
        "HABIT",
        "HABIT",
        "TALKS_OF_PRICE",
    ]


def test_contributions_are_added_up_by_reason_and_lose_nothing() -> None:
    names = ("spend__sum__30d", "recency__days__all", "profile__x__all")
    stayed = pa.table(STAYED)
    attribution = Attribution(names, ("SPEND_DOWN", "LONG_SILENCE", "PROFILE"), build_peer_groups(stayed, []))
    matrix = np.array([[0, 45, 1], [9, 5, 1]], np.float32)
    contributions = np.array([[0.1, 0.2, 0.4, 9.0], [1.0, -2.0, 4.0, 9.0]])
    added = attribution.sum_by_reason(matrix, contributions)
    found = [dict(zip(attribution.codes, row, strict=True)) for row in added.round(9).tolist()]
    assert found == [
        {"HABIT": 0, "LONG_SILENCE": 0.3, "PROFILE": 0.4, "SPEND_DOWN": 0},
        {"HABIT": 0, "LONG_SILENCE": -2, "PROFILE": 4, "SPEND_DOWN": 1},
    ]
