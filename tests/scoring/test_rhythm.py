"""Silence and usual gap at each date, by what was known before it; outcomes only as far as they are known."""

import datetime as dt

import ibis
import pandas as pd
import pytest
from tests.features.logs import day, purchases, table

from holdfast.features.extraction import extract_bucket
from holdfast.scoring.rhythm import count_returns, read_rhythm, rhythm_request
from holdfast.snapshots.churn import Inactivity
from holdfast.streams.definitions import define
from holdfast.timeline.outcome import Outcome

SHOP = Inactivity(kind="inactivity", horizon_days=30, gap_days=0, active_within_days=90, min_history_days=0)


def rhythm(rows: list[dict[str, object]], *dates: float) -> pd.DataFrame:
    """The snapshots at each date, as known at the last of them."""
    days = tuple(day(date).date() for date in dates)
    tables = {"transactions": ibis.memtable(table("transactions", rows))}
    defined = define(tables)
    request = rhythm_request(tables, days, churn=SHOP, outcome=Outcome(30), known_before=days[-1])
    facts = {name: defined[name].facts.to_pyarrow() for name in request.streams}
    return read_rhythm(extract_bucket(request, facts)).set_index("as_of")


def test_silence_and_usual_gap():
    rows = purchases(0, 10, 10.4, 20)  # two purchases on one day are one day
    found = rhythm(rows, 50).iloc[0]
    assert found["silence"] == pytest.approx(30)
    assert found["gap"] == pytest.approx(10)
    assert found["purchase_days"] == 3


def test_nothing_known_later_counts():
    late = {**purchases(45)[0], "known_at": day(60)}
    ordered = [*purchases(0, 10, 19), late, *purchases(70)]
    found = rhythm(ordered, 20.0, 50, 60)
    first, middle, last = (found.loc[day(date).date()] for date in (20, 50, 60))
    assert first["purchase_days"] == 3
    assert first["churned"] == 1  # the purchase of day 45 was not known by day 60
    assert middle["silence"] == pytest.approx(31)
    assert found["churned"].isna().tolist() == [False, True, True]  # the others' outcomes were not over
    assert last["silence"] == pytest.approx(41)
    counted = count_returns(found.reset_index())
    assert (counted.snapshots.sum(), counted.returned.sum()) == (1, 0)
    assert isinstance(found.index[0], dt.date)
