"""Spark against DuckDB: the same facts, features and buckets, also where a worker dies."""

import datetime as dt
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.features.logs import Row, day, table
from tests.features.test_oracle import check, few
from tests.features.test_point_in_time import (
    contacts,
    customers,
    subscriptions,
    surveys,
    tickets,
    transactions,
    uses,
)  # fmt: skip
from tests.spark import needs_spark, spark_engine

from holdfast.engine.duckdb import open_engine
from holdfast.engine.engine import Engine
from holdfast.engine.settings import EngineSettings
from holdfast.engine.spark import Spark
from holdfast.engine.spark_session import check_file_system, open_session
from holdfast.errors import DataRefused, HoldfastError, SettingError
from holdfast.features.extraction import extract
from holdfast.features.request import request_at
from holdfast.features.settings import FeatureSettings
from holdfast.snapshots.churn import Inactivity
from holdfast.storage import RemotePath
from holdfast.streams.assembly import StreamTable
from holdfast.streams.definitions import define
from holdfast.streams.stream import Stream

pytestmark = needs_spark

CHURN = Inactivity(kind="inactivity", horizon_days=30, gap_days=0, active_within_days=60, min_history_days=0)
DATES = (day(45).date(), day(100).date())
COLUMNS = ("customer_id", "occurred_at", "known_at", "kind", "amount")
STREAM = Stream("transactions", ("purchase",), ("purchase",), ("amount",), (), ())


@pytest.fixture
def spark() -> Spark:
    return spark_engine()


@pytest.fixture
def duckdb(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(EngineSettings(), tmp_path / "duckdb", 1) as engine:
        yield engine


def features(engine: Engine, rows: dict[str, list[Row]], folder: Path, buckets: int) -> pa.Table:
    """Labels and features through the files and buckets of an engine, sorted."""
    tables = {}
    for name, lines in rows.items():
        file = folder / f"{name}.parquet"
        file.parent.mkdir(exist_ok=True)
        pq.write_table(table(name, lines), file)
        tables[name] = engine.read_parquet(file)
    attributes = ("segment",) if "customers" in rows else ()
    request = request_at(
        tables, attributes, DATES, churn=CHURN, outcome=CHURN.outcome(0),
        features=FeatureSettings(windows_days=(7, 30, 60), families={}), known_before=max(DATES),
    )  # fmt: skip
    for stream in define(tables, attributes).values():
        engine.write_buckets(stream, folder / "streams", buckets)
    extracted = extract(request, engine.buckets(folder / "streams", buckets))
    return extracted.sort_by([("customer_id", "ascending"), ("as_of", "ascending")])


def same(one: pa.Table, other: pa.Table) -> None:
    """All columns are equal, numbers to 1e-9."""
    assert one.column_names == other.column_names
    assert one.num_rows == other.num_rows > 0
    for name in one.column_names:
        left, right = one[name], other[name]
        if pa.types.is_floating(left.type):
            np.testing.assert_allclose(left.to_numpy(), right.to_numpy(), rtol=1e-9, atol=1e-9, err_msg=name)
        else:
            assert left.to_pylist() == right.to_pylist(), name


@settings(max_examples=1, phases=[Phase.generate])  # more, or shrinking a failure, would take minutes
@given(
    st.lists(transactions(), min_size=20, max_size=60), few(tickets(), 12), few(contacts(), 5),
    few(surveys(), 6), few(uses(), 8), few(subscriptions(), 5), few(customers(), 4),
)  # fmt: skip
def test_random_logs_with_late_rows_give_the_features_of_duckdb_and_of_plain_python(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Row], opened: list[Row], made: list[Row],
    answered: list[Row], used: list[Row], versions: list[Row], described: list[Row],
) -> None:  # fmt: skip
    always = {**transactions_of("a", 30), "known_at": day(31)}
    rows = {
        "transactions": [*lines, always], "tickets": opened, "contacts": made, "surveys": answered,
        "usage": used, "subscriptions": versions, "customers": described,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("engines")
    with open_engine(EngineSettings(), folder / "temporary", 1) as engine:
        expected = features(engine, rows, folder / "duckdb", 3)
    same(features(spark_engine(), rows, folder / "spark", 3), expected)
    assert check(rows, engine=spark_engine()) > 440


def transactions_of(customer: str, at: float) -> Row:
    """One order."""
    return {
        "customer_id": customer, "transaction_id": f"{customer}{at}", "occurred_at": day(at), "amount": 10.0,
        "quantity": 1.0, "discount": 0.0, "product_id": "tea", "category": "x", "channel": "web",
    }  # fmt: skip


def test_seconds_keep_their_fraction_and_keys_have_64_bits(spark: Spark, duckdb: Engine) -> None:
    moment = dt.datetime(2026, 1, 1, 0, 0, 0, 750_000)  # noqa: DTZ001  # wall-clock time
    rows = ibis.memtable(pa.table({"at": [moment], "key": ["a"]}))
    for engine in (spark, duckdb):
        found = engine.con.to_pyarrow(rows.select(seconds=rows.at.epoch_seconds().cast("float64")))
        assert found["seconds"].to_pylist() == [1767225600.75]
    keys = ibis.memtable(pa.table({"key": [str(number) for number in range(500)]}))
    hashes = spark.con.to_pyarrow(keys.select(hash=keys.key.hash()))["hash"]
    assert pc.max(pc.abs(hashes)).as_py() > 2**40


def test_without_java_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAVA_HOME", "PYSPARK_GATEWAY_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SettingError, match="engine=spark needs Java"):
        open_session(EngineSettings(name="spark"))


@pytest.mark.parametrize(
    ("address", "found", "next_step"),
    [
        ("s3a://bucket/churn", "S3AFileSystem not found", "packages=org.apache.hadoop:hadoop-aws:3.4.1 in"),
        ("hdfs://nowhere:1/a churn", "UnknownHostException: nowhere", "check the address"),
    ],
)
def test_an_address_that_spark_cannot_open_is_refused(
    spark: Spark, address: str, found: str, next_step: str
) -> None:
    assert spark.session is not None
    with pytest.raises(SettingError, match=f"Spark cannot open {address}") as refused:
        check_file_system(EngineSettings(name="spark"), RemotePath(address))
    assert found in str(refused.value.lines["found"])
    assert next_step in str(refused.value.lines["next"])


def test_a_path_is_no_pattern_and_its_folders_are_no_columns(spark: Spark, tmp_path: Path) -> None:
    rows = pa.table({"customer_id": ["a"], "amount": [1.0]})
    for file in (tmp_path / "year=2026 [ä]{b}*?" / "part-0.parquet", tmp_path / "plain.parquet"):
        spark.write_parquet(ibis.memtable(rows), file)
        assert spark.read_parquet(file).to_pyarrow().to_pylist() == rows.to_pylist()


def purchases(engine: Engine, customers: list[str], folder: Path, part: int = 0, buckets: int = 8) -> Path:
    """A stream of one fact for each of the customers named, in buckets."""
    facts = pa.table(
        {
            "customer_id": customers,
            "occurred_at": pa.array([day(1)] * len(customers), pa.timestamp("us")),
            "known_at": pa.array([day(2)] * len(customers), pa.timestamp("us")),
            "kind": pa.array([0] * len(customers), pa.int8()),
            "amount": np.arange(len(customers)) * 1.0,
        }
    )
    file = folder / f"facts-{part}.parquet"
    engine.write_parquet(ibis.memtable(facts), file)
    engine.write_buckets(StreamTable(STREAM, engine.read_parquet(file)), folder / "streams", buckets, part)
    return folder / "streams"


def count(_: int, facts: dict[str, pa.Table]) -> tuple[int, list[str]]:
    """The number of facts of a bucket, and its customers."""
    return facts["transactions"].num_rows, sorted(set(facts["transactions"]["customer_id"].to_pylist()))


def test_a_customer_is_in_one_bucket_however_many_facts_and_buckets_may_be_empty(
    spark: Spark, tmp_path: Path
) -> None:
    purchases(spark, ["giant"] * 100_000 + ["a", "b"], tmp_path)
    folder = purchases(spark, ["giant", "c"], tmp_path, part=1)
    counts, customers = zip(*spark.buckets(folder, 8).map(count, {"transactions": STREAM}), strict=True)
    assert sum(counts) == 100_004
    assert max(counts) >= 100_001
    assert 0 in counts
    assert sorted(itertools.chain(*customers)) == ["a", "b", "c", "giant"]
    empty = spark.buckets(folder, 8).read(counts.index(0), {"transactions": STREAM})["transactions"]
    assert tuple(empty.column_names) == COLUMNS


def test_a_worker_that_is_killed_midway_changes_nothing(spark: Spark, tmp_path: Path) -> None:
    folder = purchases(spark, [f"c{number}" for number in range(50)], tmp_path)
    marker = tmp_path / "killed"

    def work(number: int, facts: dict[str, pa.Table]) -> Any:
        if number == 3 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return count(number, facts)

    wanted = list(spark.buckets(folder, 8).map(count, {"transactions": STREAM}))
    assert list(spark.buckets(folder, 8).map(work, {"transactions": STREAM})) == wanted
    assert marker.exists()


def test_workers_that_always_die_are_a_clear_refusal_without_rows(spark: Spark, tmp_path: Path) -> None:
    folder = purchases(spark, ["secret"], tmp_path)

    def die(_: int, __: dict[str, pa.Table]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def fail(_: int, facts: dict[str, pa.Table]) -> None:
        raise ValueError(facts["transactions"]["customer_id"].to_pylist())

    with pytest.raises(HoldfastError, match="Python workers were lost, usually because their memory ran out"):
        list(spark.buckets(folder, 1).map(die, {}))
    with pytest.raises(HoldfastError, match="PythonException") as failed:
        list(spark.buckets(folder, 8).map(fail, {"transactions": STREAM}))
    assert "secret" not in failed.value.block()


def test_a_refusal_in_a_bucket_is_the_refusal_of_the_command(spark: Spark, tmp_path: Path) -> None:
    folder = purchases(spark, ["a"], tmp_path)

    def refuse(_: int, __: dict[str, pa.Table]) -> None:
        raise DataRefused("a column is missing", where="here", next_step="map it")

    with pytest.raises(DataRefused) as refused:
        list(spark.buckets(folder, 2).map(refuse, {}))
    assert (
        refused.value.block() == DataRefused("a column is missing", where="here", next_step="map it").block()
    )


def test_a_half_written_part_is_never_read_as_whole(spark: Spark, tmp_path: Path) -> None:
    folder = purchases(spark, ["a"], tmp_path)
    with pytest.raises(HoldfastError, match="a job of Spark failed"):
        purchases(spark, ["b"], tmp_path)  # what is there is not added to: a stage writes a new folder
    assert sum(n for n, _ in spark.buckets(folder, 8).map(count, {"transactions": STREAM})) == 1
