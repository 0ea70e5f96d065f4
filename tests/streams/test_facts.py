"""Facts as arrays: one order whatever order they came in, links to neighbours, nulls, empty buckets."""

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.streams.clock import ALWAYS, DAY
from holdfast.streams.facts import Facts, arrange
from holdfast.streams.links import KEYLESS, NO_KEY, link
from holdfast.streams.stream import Stream

STREAM = Stream(
    "things",
    ("bought", "returned"),
    ("bought", "returned"),
    ("amount",),
    ("product",),
    ("channel",),
)
TYPES = {
    "customer_id": pa.string(), "occurred_at": pa.timestamp("us"), "known_at": pa.timestamp("us"),
    "kind": pa.int8(), "amount": pa.float64(), "product_key": pa.int64(), "channel": pa.string(),
}  # fmt: skip
CUSTOMERS = ["a", "b", "c"]


def at(day: float) -> dt.datetime:
    return dt.datetime(2024, 1, 1) + dt.timedelta(days=day)  # noqa: DTZ001  # wall-clock


def fact(customer: str, day: float, **more: Any) -> dict[str, Any]:
    usual = {"known_at": at(day), "kind": 0, "amount": 1.0, "product_key": 7, "channel": "web"}
    return {"customer_id": customer, "occurred_at": at(day), **usual, **more}


def arranged(rows: list[dict[str, Any]], customers: list[str] = CUSTOMERS, chunks: int = 1) -> Facts:
    parts = [pa.RecordBatch.from_pylist(rows[place::chunks], pa.schema(TYPES)) for place in range(chunks)]
    return arrange(STREAM, pa.Table.from_batches(parts), pa.array(customers, pa.string()))


def same(one: Facts, other: Facts) -> bool:
    """Bit for bit, dtypes and nulls included."""
    left, right = (
        {
            name: (value.dtype, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
            for name, value in vars(facts).items()
        }
        for facts in (one, other)
    )
    return left == right


def test_facts_are_sorted_by_customer_and_time() -> None:
    facts = arranged(
        [fact("b", 2, amount=4.0), fact("a", 3, amount=3.0), fact("b", 1, amount=2.0), fact("a", 0)]
    )
    assert facts.start.tolist() == [0, 2, 4, 4]  # nobody has facts of c
    assert facts.customer().tolist() == [0, 0, 1, 1]
    assert facts.numbers[0].tolist() == [1.0, 3.0, 2.0, 4.0]
    assert (np.diff(facts.occurred_at) == [3 * DAY, -2 * DAY, 1 * DAY]).all()


def test_facts_of_other_customers_are_left_out() -> None:
    facts = arranged([fact("a", 1), fact("z", 1)])
    assert facts.start.tolist() == [0, 1, 1, 1]


def test_kinds_are_bits() -> None:
    facts = arranged([fact("a", 1, kind=0), fact("a", 2, kind=1)])
    assert facts.kind.tolist() == [facts.bits(("bought",)), facts.bits(("returned",))] == [1, 2]
    assert facts.bits(("bought", "returned")) == 3


def test_the_highest_of_eight_kinds_has_its_bit() -> None:
    assert arranged([fact("a", 1, kind=7)]).kind.tolist() == [128]


def test_levels_are_codes_in_the_order_of_their_texts() -> None:
    facts = arranged([fact("a", 1, channel="web"), fact("a", 2, channel=None), fact("a", 3, channel="phone")])
    assert facts.levels == {"channel": ("phone", "web")}
    np.testing.assert_equal(facts.numbers[facts.number_names.index("channel")], [1.0, np.nan, 0.0])


def test_what_was_always_so_was_always_known() -> None:
    facts = arranged([fact("a", 1), fact("a", 1, occurred_at=None, known_at=None)])
    assert facts.occurred_at.tolist()[0] == facts.known_at.tolist()[0] == ALWAYS


def test_nothing_is_known_before_it_happened() -> None:
    facts = arranged(
        [fact("a", 5, known_at=at(1)), fact("a", 6, known_at=None), fact("a", 7, known_at=at(9))]
    )
    assert (facts.known_at - facts.occurred_at).tolist() == [0, 0, 2 * DAY]


def test_empty_bucket() -> None:
    facts = arranged([])
    assert facts.start.tolist() == [0, 0, 0, 0]
    assert facts.numbers.shape == (2, 0)
    assert facts.newer.shape == facts.older.shape == (4, 0)
    assert arranged([], []).start.tolist() == [0]


def test_a_stream_of_nothing_but_moments() -> None:
    bare = dataclasses.replace(STREAM, numbers=(), keys=(), levels=())
    table = pa.table({name: pa.array([fact("a", 1)[name]], TYPES[name]) for name in bare.columns})
    facts = arrange(bare, table, pa.array(CUSTOMERS))
    assert facts.number_names == ()
    assert facts.key_names == ("day", "weekday", "hour")


def test_links_join_the_same_product_and_the_same_day() -> None:
    rows = [fact("a", 1.1), fact("a", 1.9, product_key=8), fact("a", 4.0), fact("b", 4.5)]
    facts = arranged(rows)
    product, day = facts.key_names.index("product"), facts.key_names.index("day")
    assert facts.newer[product].tolist() == [2, -1, -1, -1]
    assert facts.older[product].tolist() == [-1, -1, 0, -1]  # never across customers
    assert facts.newer[day].tolist() == [1, -1, -1, -1]


@given(
    rows=st.lists(
        st.builds(
            fact,
            st.sampled_from(CUSTOMERS),
            st.sampled_from([0.0, 0.5, 1.0, 1.25]),
            kind=st.integers(0, 1),
            amount=st.sampled_from([0.1, 0.2, 0.7, None]),
            product_key=st.sampled_from([-5, 0, None, 9]),
            channel=st.sampled_from(["web", "shop", None]),
            known_at=st.sampled_from([at(1.25), at(3.0)]),
        ),
        max_size=25,
    ),
    chunks=st.integers(1, 3),
    random=st.randoms(use_true_random=False),
)
def test_same_facts_in_any_order_and_chunks_are_the_same_arrays(
    rows: list[dict[str, Any]], chunks: int, random: Any
) -> None:
    assert same(arranged(rows), arranged(random.sample(rows, len(rows)), chunks=chunks))


def test_what_has_no_key_is_equal_to_nothing() -> None:
    newer, older = link(np.array([0, 4]), np.array([NO_KEY, 7, NO_KEY, 7], np.int64))
    assert newer.tolist() == [KEYLESS, 3, KEYLESS, -1]
    assert older.tolist() == [KEYLESS, -1, KEYLESS, 1]


@given(
    customers=st.lists(
        st.lists(
            st.sampled_from([0, 1, -1, 2**40, -(2**63) + 1, 2**63 - 1]) | st.integers(0, 5), max_size=40
        ),
        max_size=6,
    )
)
def test_links_equal_a_plain_search(customers: list[list[int]]) -> None:
    start = np.cumsum([0, *map(len, customers)])
    newer, older = link(start, np.array([key for keys in customers for key in keys], np.int64))
    for first, keys in zip(start, customers, strict=False):
        for place, key in enumerate(keys):
            before = [other for other in range(place) if keys[other] == key]
            after = [other for other in range(place + 1, len(keys)) if keys[other] == key]
            assert older[first + place] == (first + before[-1] if before else -1)
            assert newer[first + place] == (first + after[0] if after else -1)


@pytest.mark.parametrize("count", [1, 2, 3, 1000])
def test_links_of_one_customer_with_only_different_keys(count: int) -> None:
    newer, older = link(np.array([0, count]), np.arange(count))
    assert (newer == -1).all()
    assert (older == -1).all()
