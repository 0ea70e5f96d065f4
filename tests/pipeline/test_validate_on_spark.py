"""`validate` on Spark: raw files are validated in its tasks, with the bytes of DuckDB on one machine."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import rhythmic_orders, run_command
from tests.pipeline.test_remote_root import write
from tests.spark import MASTER, needs_spark, spark_engine
from tests.webhdfs import webhdfs_server

from holdfast.artifacts.validated import ValidatedTables

pytestmark = [needs_spark, pytest.mark.slow]

SOURCE = """
tables:
  transactions:
    read: {folder}/orders*.csv
    columns:
      customer_id: who
      transaction_id: id
      line_id: id
      occurred_at: at
      amount: round(money * 1.005, 2)
      channel: via
    where: money <> 13
  customers:
    read: {folder}/customers
    columns: {{customer_id: who, consent: ok, value: worth}}
"""
ENGINES = {"duckdb": (), "spark": ("engine=spark", f"engine.master={MASTER}")}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Orders in CSV files that differ in columns and types and share keys; customers in Parquet files."""
    folder, orders = tmp_path / "raw", rhythmic_orders(40, 120)
    (folder / "customers").mkdir(parents=True)
    for number in range(3):
        write([*orders[number::3], *orders[:5]], folder / f"orders-{number}.csv")
    with (folder / "orders-3.csv").open("w", newline="") as text:
        rows = [("c1", "x1", "web", "2024-02-01", "13"), ("c1", "x2", "app", "never", "2,5"), ("c2", "x3")]
        csv.writer(text).writerows([("who", "id", "via", "at", "money"), *rows])
    known = sorted({order[0] for order in orders})
    for number, worth in enumerate((pa.array([1] * 20), pa.array([1.5] * 20))):
        who = known[20 * number : 20 * number + 20]
        table = pa.table({"who": who, "ok": ["yes"] * 20, "worth": worth})
        pq.write_table(table, folder / "customers" / f"{number}.parquet")
    return folder


def validate(root: Path, raw: Path, engine: str, *words: str) -> tuple[dict[str, bytes], dict[str, Any], str]:
    """What `validate` leaves: its files, its tables and parts in the manifest; and what it prints."""
    conf = root / "conf"
    (conf / "source").mkdir(parents=True, exist_ok=True)
    (conf / "source" / "shop.yaml").write_text(SOURCE.format(folder=raw))
    called = run_command(
        "validate", "source=shop", "tracking=off", *ENGINES[engine], *(words or [f"paths.root={root}"]),
        "--config-dir", conf,
    )  # fmt: skip
    assert called.code == 0, called.err
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for kind in ("validated", "rejected")
        for path in (root / "data" / kind / "shop").rglob("part-*.parquet")
    }
    artifact = ValidatedTables.open(root / "data" / "validated" / "shop")
    assert artifact is not None
    parts = {
        table: [{**part, "read_at": None} for part in entries]
        for table, entries in artifact.manifest["parts"].items()
    }
    return files, {**artifact.manifest, "parts": parts}, called.out + called.err


def same(found: tuple[dict[str, bytes], dict[str, Any], str], wanted: Any) -> None:
    assert found[0] == wanted[0]
    for entry in ("tables", "parts", "ends", "choices", "contents"):
        assert found[1][entry] == wanted[1][entry], entry


def test_parts_rejected_rows_and_reports_are_those_of_duckdb(raw: Path, tmp_path: Path) -> None:
    spark_engine()
    wanted = validate(tmp_path / "duckdb", raw, "duckdb")
    found = validate(tmp_path / "spark", raw, "spark")
    same(found, wanted)
    assert "transactions: checking 4 files in tasks" in found[2]
    assert "transactions: checking again" in found[2]
    assert "on the machine of the command" not in found[2]
    report = found[1]["tables"]["transactions"]
    assert report["accepted"] + report["rejected"] + report["out_of_scope"] == report["read"]
    assert report["by_rule"]["duplicate_key"] == 15
    assert not list((tmp_path / "spark" / ".cache" / "holdfast").rglob("*.parquet"))


def test_the_next_night_runs_tasks_for_new_files_alone(raw: Path, tmp_path: Path) -> None:
    spark_engine()
    for engine in ENGINES:
        validate(tmp_path / engine, raw, engine)
    late = [("c1", "new", dt.datetime(2024, 3, 1), 5.0), *rhythmic_orders(40, 120)[:1]]  # noqa: DTZ001
    write(late, raw / "orders-4.csv")
    found, wanted = (validate(tmp_path / engine, raw, engine) for engine in reversed(ENGINES))
    same(found, wanted)
    assert "transactions: checking 1 file in tasks" in found[2]
    assert "customers: checking" not in found[2]


def test_parts_come_back_from_an_address(raw: Path, tmp_path: Path) -> None:
    spark_engine()
    wanted = validate(tmp_path / "duckdb", raw, "duckdb")
    with webhdfs_server(tmp_path / "store") as address:
        local = tmp_path / "local"
        words = (f"paths.root={address}/churn", f"paths.local={local}")
        same(validate(local, raw, "spark", *words), wanted)
    there = list((tmp_path / "store" / "churn").rglob("*.parquet"))
    assert len(there) == len(wanted[1]["parts"]["transactions"]) + len(wanted[1]["parts"]["customers"])
