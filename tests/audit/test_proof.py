"""Two tables of features are the same to the bit, or every column that is not is named."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.proof import ELIGIBLE, compare, findings_of


def features(customers: str = "abc", **columns: list[object]) -> pa.Table:
    arrays = {
        name: pa.array(values).dictionary_encode()
        if any(isinstance(value, str) for value in values)
        else pa.array(values, pa.float32())
        for name, values in columns.items()
    }
    return pa.table({"customer_id": list(customers), **arrays})


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ([1.0, None, 3.0], [1.0, None, 3.0]),
        ([None, None, None], [None, None, None]),
        (["x", "y", None], ["x", "y", None]),
    ],
)
def test_the_same(column, other):
    assert compare(features(f__m__all=column), features(f__m__all=other), "2026-03-01", "deleted") == []


@pytest.mark.parametrize(
    ("column", "other", "rows", "largest", "example"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.5, 1.0], 2, 2.0, ("3", "1")),
        ([1.0, None, 3.0], [1.0, 2.0, 3.0], 1, None, ("null", "2")),
        ([1.0, None, 3.0], [1.0, 2.0, 4.0], 2, 1.0, ("3", "4")),
        ([0.0], [-0.0], 1, 0.0, ("0", "-0")),
        (["x", "y", "x"], ["x", "x", "x"], 1, None, ("a level", "another level")),
        (["x", "y", "x"], ["x", None, "x"], 1, None, ("a level", "null")),
    ],
)
def test_what_differs_is_named(column, other, rows, largest, example):
    who = "abc"[: len(column)]
    (found,) = compare(
        features(who, f__m__all=column), features(who, f__m__all=other), "2026-03-01", "deleted"
    )
    assert (found.column, found.rows, found.largest, found.example) == ("f__m__all", rows, largest, example)


def test_one_bit_is_enough():
    left = np.float32(0.1)
    right = np.nextafter(left, np.float32(1))
    (found,) = compare(features("a", f=[left]), features("a", f=[right]), "2026-03-01", "deleted")
    assert found.rows == 1
    assert found.largest == pytest.approx(7.45e-9, rel=1e-2)


def test_levels_are_compared_as_texts():
    left = pa.DictionaryArray.from_arrays([0, 1], ["x", "y"])
    right = pa.DictionaryArray.from_arrays([1, 0], ["y", "x"])
    whole, other = (pa.table({"customer_id": ["a", "b"], "f": column}) for column in (left, right))
    assert compare(whole, other, "2026-03-01", "deleted") == []


def test_rows_that_differ_are_named_and_the_others_compared():
    found = compare(features("abc", f=[1.0, 2.0, 3.0]), features("acd", f=[1.0, 9.0, 3.0]), "d", "deleted")
    assert [(one.column, one.rows) for one in found] == [(ELIGIBLE, 2), ("f", 1)]


def test_a_finding_names_column_table_figures_and_the_setting_to_change():
    differences = [
        *compare(features("ab", s__m__7d=[1.0, 2.0]), features("ab", s__m__7d=[1.0, 5.0]), "d1", "deleted"),
        *compare(features("ab", s__m__7d=[1.0, 2.0]), features("ab", s__m__7d=[7.0, 3.0]), "d2", "scrambled"),
    ]
    (found,) = findings_of(differences, {"s__m__7d": "transactions"})
    assert (found.severity, found.table, found.columns) == ("leak", "transactions", ("s__m__7d",))
    assert "differs at 2 of the dates" in found.found
    assert "2 rows as of d2, by up to 6 (one is 1 instead of 7)" in found.found
    assert "features.families.s=false" in found.next_step
