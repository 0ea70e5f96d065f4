"""Where there are more snapshots than `timeline.max_rows`, whole customers are drawn, with a known weight."""

import dataclasses
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.features.logs import day, purchases, table

from holdfast.artifacts.features import write_features
from holdfast.engine.duckdb import open_engine
from holdfast.engine.settings import EngineSettings
from holdfast.features.request import plan_by, request_plan
from holdfast.features.settings import FeatureSettings
from holdfast.snapshots.churn import Inactivity
from holdfast.streams.definitions import define

CHURN = Inactivity(kind="inactivity", horizon_days=30, gap_days=0, active_within_days=90, min_history_days=0)
DATES = tuple(day(number).date() for number in (30, 60, 85))
CUSTOMERS = 2_000


def written(folder: Path, max_rows: int | None) -> tuple[dict[str, float], pd.DataFrame]:
    """The manifest's entries and the rows of a training on at most about `max_rows` snapshots."""
    rows = [
        {**row, "customer_id": f"c{number}"}
        for number in range(CUSTOMERS)
        for row in purchases(number % 29, 50)
    ]
    folder.mkdir()
    pq.write_table(table("transactions", rows), folder / "transactions.parquet")
    settings = FeatureSettings(windows_days=(30,), families={})
    with open_engine(EngineSettings(), folder / "temporary", 1) as engine:
        streams = define({"transactions": engine.read_parquet(folder / "transactions.parquet")})
        plan = plan_by(settings, streams, CHURN, ["orders__count__30d"])
        request = request_plan(
            streams, plan, DATES, churn=CHURN, outcome=CHURN.outcome(0), known_before=day(200).date()
        )
        request = dataclasses.replace(request, max_rows=max_rows)
        engine.write_buckets(streams["transactions"], folder / "streams", 4)
        entries = write_features(folder / "out", request, engine.buckets(folder / "streams", 4))
    return entries, pd.concat(map(pd.read_parquet, sorted((folder / "out").glob("*.parquet"))))


def test_whole_customers_are_drawn_and_their_weight_gives_back_the_whole(tmp_path: Path) -> None:
    every, all_rows = written(tmp_path / "all", None)
    sample, rows = written(tmp_path / "sample", 1_500)
    assert (every["customer_share"], every["rows"]) == (1.0, CUSTOMERS * len(DATES))
    assert sample["rows"] == len(rows) == pytest.approx(1_500, rel=0.15)
    assert sample["rows"] / sample["customer_share"] == pytest.approx(every["rows"], rel=0.15)
    kept = all_rows[all_rows["customer_id"].isin(rows["customer_id"])]
    kept, rows = (part.sort_values(["customer_id", "as_of"], ignore_index=True) for part in (kept, rows))
    pd.testing.assert_frame_equal(kept, rows)


def test_a_larger_sample_holds_a_smaller_one(tmp_path: Path) -> None:
    small, large = (set(written(tmp_path / str(n), n)[1]["customer_id"]) for n in (1_200, 3_000))
    assert small < large
