"""Calling the demo company's customers: four types, and raw tables in which it really happened."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.treatment import TYPES, potential_outcomes, treat_company

DAY = dt.date(2026, 4, 6)
WINDOW = (dt.date(2026, 4, 6), dt.date(2026, 6, 5))


def test_types_say_what_a_call_does():
    leaves = np.repeat([True, False], 5000)
    found = potential_outcomes(leaves, persuadable=0.3, disturbed=0.1, random=np.random.default_rng(0))
    assert set(found["type"]) == set(TYPES)
    assert set(found.drop_duplicates().itertuples(index=False, name=None)) == {
        ("sure thing", False, False), ("lost cause", True, True),
        ("persuadable", True, False), ("do not disturb", False, True),
    }  # fmt: skip
    sizes = found["type"].value_counts()
    assert sizes["persuadable"] == pytest.approx(1500, abs=150)
    assert sizes["do not disturb"] == pytest.approx(500, abs=100)


def test_shares_may_differ_from_customer_to_customer():
    leaves = np.array([True, True, False, False])
    found = potential_outcomes(
        leaves, persuadable=np.array([1, 0, 1, 1]), disturbed=np.array([1, 1, 0, 1]),
        random=np.random.default_rng(0),
    )  # fmt: skip
    assert found["type"].to_list() == ["persuadable", "lost cause", "sure thing", "do not disturb"]


@pytest.fixture
def raw(tmp_path):
    """a bought before only, b in the window as well; c like a, d like b, but nobody calls them."""
    rows = [
        (who, f"SO{number}", f"SO{number}-1", time, time, "sold")
        for number, (who, time) in enumerate(
            [("a", "2026-01-05 10:00"), ("a", "2026-02-05 10:00"), ("b", "2026-03-05 10:00"),
             ("b", "2026-05-05 10:00"), ("b", "2026-06-05 00:00"), ("c", "2026-02-07 10:00"),
             ("d", "2026-05-07 10:00")]
        )
    ]  # fmt: skip
    lines = pd.DataFrame(
        rows, columns=["customer_no", "order_id", "line_id", "placed_at", "loaded_at", "status"]
    )
    for name in ("placed_at", "loaded_at"):
        lines[name] = pd.to_datetime(lines[name])
    contacts = pa.table(
        {
            "contact_id": pa.array(["C1"]), "customer_no": ["d"],
            "sent_at": pa.array([dt.datetime.combine(DAY, dt.time())], pa.timestamp("us")),
            "medium": ["email"], "cost_eur": [0.05], "reaction": pa.nulls(1, pa.string()),
        }
    )  # fmt: skip
    for name, table in (("order_lines", pa.Table.from_pandas(lines)), ("contacts", contacts)):
        (tmp_path / name).mkdir()
        pq.write_table(table, tmp_path / name / "part-000.parquet")
    return tmp_path


def test_the_tables_hold_what_the_call_did(raw):
    truth = treat_company(raw, ["b", "a"], DAY, window=WINDOW, persuadable=1, disturbed=1, seed=0)
    assert truth[["customer_id", "type"]].to_numpy().tolist() == [
        ["a", "persuadable"], ["b", "do not disturb"],
    ]  # fmt: skip
    lines = pq.read_table(raw / "order_lines").to_pandas()
    inside = lines["placed_at"].between(pd.Timestamp(WINDOW[0]), pd.Timestamp(WINDOW[1]), inclusive="left")
    assert lines[inside].set_index("customer_no")["order_id"].to_dict() == {"a": "CSO1", "d": "SO6"}
    assert lines["line_id"].is_unique
    assert lines[~inside].groupby("customer_no").size().to_dict() == {"a": 2, "b": 2, "c": 1}
    contacts = pq.read_table(raw / "contacts").to_pandas()
    assert contacts["customer_no"].to_list() == ["d", "a", "b"]
    assert contacts["contact_id"].is_unique


def test_nobody_called_nothing_changed(raw):
    before = pq.read_table(raw / "order_lines").to_pandas()
    truth = treat_company(raw, [], DAY, window=WINDOW, persuadable=1, disturbed=1, seed=0)
    assert truth.empty
    pd.testing.assert_frame_equal(pq.read_table(raw / "order_lines").to_pandas(), before)
