"""What a snapshot sees: what was known before its day, within its window; and where texts come from."""

import datetime as dt
from collections.abc import Callable

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.text.collecting import MAX_CHARACTERS, collect_texts, first_days
from holdfast.text.log import TextLog, microseconds, visible_texts

LogOf = Callable[..., TextLog]


@pytest.fixture
def log(log_of: LogOf) -> TextLog:
    return log_of(
        [
            ("a", "2024-01-01T00:00", "2024-01-01T00:00", "en", "first"),
            ("a", "2024-01-20T12:00", "2024-02-01T00:00", "en", "late"),
            ("b", "2024-01-31T23:59", "2024-01-31T23:59", "en", "of b"),
        ]
    )


@pytest.mark.parametrize(
    ("who", "as_of", "days", "texts"),
    [
        ("a", "2024-01-01", None, []),  # known on the day itself: not seen
        ("a", "2024-01-02", None, ["first"]),
        ("a", "2024-02-01", None, ["first"]),  # the late one is not known yet
        ("a", "2024-02-02", None, ["first", "late"]),
        ("a", "2024-02-02", 30, ["late"]),
        ("a", "2024-01-31", 30, ["first"]),  # a window includes its first midnight
        ("b", "2024-02-01", 1, ["of b"]),
        ("nobody", "2024-02-01", None, []),
    ],
)
def test_what_is_seen(log: TextLog, who: str, as_of: str, days: int | None, texts: list[str]) -> None:
    at = microseconds(pa.chunked_array([[dt.date.fromisoformat(as_of)]], pa.date32()))
    seen = visible_texts(log, pa.chunked_array([[who]]), at, days)
    assert log.table["text"].take(pa.array(seen.text)).to_pylist() == texts
    assert seen.matrix(3).sum() == len(texts)
    newest = seen.newest()[0]
    assert (newest >= 0) == bool(texts)
    assert newest < 0 or log.table["text"][newest].as_py() == texts[-1]


def test_snapshots_in_any_order_see_their_own(log: TextLog) -> None:
    at = microseconds(pa.chunked_array([[dt.date(2024, 3, 1)] * 4], pa.date32()))
    seen = visible_texts(log, pa.chunked_array([["b", "x", "a", "b"]]), at)
    assert seen.start.tolist() == [0, 1, 1, 3, 4]
    assert seen.text.tolist() == [2, 0, 1, 2]


def test_texts_come_from_tickets_and_surveys() -> None:
    day = pd.Timestamp("2024-01-05 10:00")
    tickets = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b"],
            "opened_at": [day] * 4,
            "known_at": [day, day + pd.Timedelta(days=9), day - pd.Timedelta(days=1), day],
            "text": [" hello ", "too late", "x" * (MAX_CHARACTERS + 5), None],
            "language": ["en", "en", "en", "en"],
        }
    )
    surveys = pd.DataFrame(
        {
            "customer_id": ["c", "c"],
            "answered_at": [day] * 2,
            "known_at": [day] * 2,
            "comment": ["so so", "  "],
        }
    )
    found = collect_texts(
        {"tickets": ibis.memtable(tickets), "surveys": ibis.memtable(surveys)}, dt.date(2024, 1, 10)
    )
    assert found is not None
    rows = found.order_by("customer_id").to_pyarrow().to_pylist()
    assert [(row["customer_id"], row["language"], row["text"][:5]) for row in rows] == [
        ("a", "en", "hello"),
        ("b", "en", "xxxxx"),
        ("c", None, "so so"),
    ]
    assert len(rows[1]["text"]) == MAX_CHARACTERS
    assert rows[1]["known_at"] == day  # nothing is known before it happens
    dates = (dt.date(2024, 1, 5), dt.date(2024, 1, 6))
    assert first_days(found, dates) == {dt.date(2024, 1, 6): dt.date(2024, 1, 5)}


def test_no_texts_without_a_column_of_texts() -> None:
    silent = ibis.memtable(pd.DataFrame({"customer_id": ["a"], "opened_at": [pd.Timestamp("2024-01-01")]}))
    assert collect_texts({"tickets": silent}, dt.date(2024, 2, 1)) is None
    assert collect_texts({}, dt.date(2024, 2, 1)) is None
