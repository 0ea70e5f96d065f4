"""What is known of a customer, as plays ask for it."""

import pyarrow as pa

from holdfast.outreach.reason_provider import known_facts


def test_what_is_known_is_what_has_a_value():
    rows = pa.table({
        "variety__products__all": pa.array([3.0, None], pa.float32()),
        "subscription__tenure__all": pa.array([None, 20.0], pa.float32()),
        "recency__days__all": pa.array([1.0, 1.0], pa.float32()),
    })  # fmt: skip
    assert known_facts(rows) == [("products",), ("subscription",)]


def test_a_source_without_products_knows_none():
    assert known_facts(pa.table({"recency__days__all": [1.0, 2.0]})) == [(), ()]
