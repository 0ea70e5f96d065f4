"""From a features table to the matrix: fixed columns in a fixed order, unknown levels as missing."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.errors import NoFitModel
from holdfast.model.matrix import Columns, encode, select_columns
from holdfast.model.training import TrainingResult

NAN = np.nan


def table(**columns: object) -> pa.Table:
    return pa.table(columns)


def test_levels_become_codes_in_the_order_of_their_texts() -> None:
    train = table(plan=["pro", "basic", "pro", "basic", None])
    columns = select_columns(train, max_levels=9)
    assert columns == Columns(("plan",), {"plan": ("basic", "pro")})
    np.testing.assert_equal(encode(train, columns), np.array([[1], [0], [1], [0], [NAN]], np.float32))


def test_unknown_and_rare_levels_are_missing() -> None:
    columns = select_columns(table(plan=["pro", "pro", "basic", "basic", "once"]), max_levels=9)
    assert columns.levels["plan"] == ("basic", "pro")
    np.testing.assert_equal(encode(table(plan=["once", "new", "pro"]), columns)[:, 0], [NAN, NAN, 1])


def test_only_the_most_frequent_levels_are_told_apart() -> None:
    columns = select_columns(table(plan=["c", "c", "c", "b", "b", "a", "a"]), max_levels=2)
    assert columns.levels["plan"] == ("a", "c")  # of equally frequent ones the first by text


def test_of_columns_with_the_same_numbers_the_first_stays() -> None:
    train = table(
        short=[1.0, 2.0, None],
        long=[1.0, 2.0, None],
        all=[1.0, None, 2.0],  # the same sum, other rows
        turned=[2.0, 1.0, None],
        plan=["a", "a", "b"],
        code=["a", "a", "b"],  # of texts, which have levels of their own, copies stay
    )
    names = select_columns(train, max_levels=9).names
    assert [name for name in names if name not in ("plan", "code")] == ["short", "all", "turned"]


def test_columns_that_say_nothing_are_left_out() -> None:
    train = table(
        customer_id=["1", "2", "3"],
        churned=[0.0, 1.0, 0.0],
        same=[5.0, 5.0, 5.0],
        nothing=pa.nulls(3, pa.float32()),
        once=["x", "y", "z"],
        known_or_not=[5.0, None, 5.0],
        number=[1.0, 2.0, 3.0],
    )
    assert select_columns(train, max_levels=9).names == ("known_or_not", "number")


def test_a_column_that_only_tells_dates_apart_is_left_out() -> None:
    train = table(
        as_of=[1, 1, 2, 2],
        long_window=[None, None, 0.0, 0.0],
        known_of_some=[None, 1.0, None, 1.0],
    )
    assert select_columns(train, max_levels=9).names == ("known_of_some",)


def test_order_is_the_models_whatever_order_comes() -> None:
    columns = Columns(("b", "a"), {})
    expected = np.array([[2, 1]], np.float32)
    np.testing.assert_equal(encode(table(a=[1.0], b=[2.0], c=[3.0]), columns), expected)
    np.testing.assert_equal(encode(table(c=[3.0], b=[2.0], a=[1.0]), columns), expected)


@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_texts_of_every_arrow_type_are_read(text: pa.DataType) -> None:
    column = pa.array(["x", "y", "x", "y"]).cast(text)
    columns = select_columns(table(level=column), max_levels=9)
    assert columns.levels == {"level": ("x", "y")}
    assert encode(table(level=column), columns)[:, 0].tolist() == [0, 1, 0, 1]


def test_columns_survive_json() -> None:
    columns = Columns(("a", "plan"), {"plan": ("βασικό", "pro")})
    assert Columns.from_dict(json.loads(json.dumps(dataclasses.asdict(columns)))) == columns


def test_pandas_and_arrow_are_read_alike(trained: TrainingResult, make_features: object) -> None:
    rows = make_features(5, 2).drop_columns(["customer_id", "as_of", "churned"])  # type: ignore[operator]
    shuffled = rows.to_pandas()[sorted(rows.column_names, reverse=True)]
    np.testing.assert_equal(trained.bundle.predict(shuffled), trained.bundle.predict(rows))


def test_a_missing_column_is_told_by_name(trained: TrainingResult) -> None:
    with pytest.raises(NoFitModel, match="recency__days__all"):
        trained.bundle.predict(pd.DataFrame({"orders__count__all": [1.0]}))
