"""Whom a call helps follows from what happened before, and from nothing later."""

import datetime as dt

import pandas as pd
import pytest
from benchmarks.response import DRIVEN_AWAY, HALF_LIFE_DAYS, KEPT, response_shares

DAY = dt.date(2026, 4, 6)


@pytest.fixture
def raw(tmp_path):
    tables = {
        "tickets": ("created_at", [("a", "2026-04-05"), ("b", "2026-04-06"), ("c", "2026-02-04")]),
        "contacts": (
            "sent_at",
            [("a", "2026-03-01"), ("a", "2026-03-02"), ("b", "2026-03-01"), ("b", "2026-04-05"),
             ("c", "2026-03-01"), ("d", "2026-01-05"), ("d", "2026-04-01")],
        ),
    }  # fmt: skip
    for name, (moment, rows) in tables.items():
        frame = pd.DataFrame(rows, columns=["customer_no", moment])
        (tmp_path / name).mkdir()
        frame.assign(**{moment: pd.to_datetime(frame[moment])}).to_parquet(tmp_path / name / "part-0.parquet")
    orders = [
        ("b", "2026-03-06", "paid"), ("b", "2026-03-26", "paid"),  # usually every 20 days: not overdue
        ("c", "2026-01-16", "paid"), ("c", "2026-01-26", "paid"),  # every 10 days, silent for 70
        ("c", "2026-03-26", "cancelled"), ("c", "2026-04-06", "paid"),  # not sold; not yet placed
    ]  # fmt: skip
    lines = pd.DataFrame(orders, columns=["customer_no", "placed_at", "status"])
    (tmp_path / "order_lines").mkdir()
    lines.assign(placed_at=pd.to_datetime(lines["placed_at"])).to_parquet(
        tmp_path / "order_lines/part-0.parquet"
    )
    return tmp_path


def test_kinds(raw):
    found = response_shares(raw, ["d", "a", "b", "c", "e"], DAY).set_index("customer_id")
    assert found["kind"].to_dict() == {
        "d": "other",  # one of the two contacts is too old
        "a": "in trouble",  # which goes before tired
        "b": "tired",  # the ticket is of the day itself, and not known yet
        "c": "other",
        "e": "other",
    }
    assert found["persuadable"]["b"] == KEPT["tired"]
    assert HALF_LIFE_DAYS == 30
    assert found["persuadable"]["c"] == KEPT["other"] / 4  # overdue by 60 days
    assert found["disturbed"]["b"] == DRIVEN_AWAY["tired"]
