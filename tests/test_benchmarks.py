"""The benchmark compares equals: every competitor's features are Holdfast's, and it would notice if not."""

import dataclasses
import importlib
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from benchmarks import report
from benchmarks.columns import column_names
from benchmarks.competition import COMPETITORS, FLOOR, HOLDFAST, PEERS, Result, whole_seconds
from benchmarks.equality import Verdict, compare
from benchmarks.log import LogSettings, write_log
from benchmarks.peers.task import Clock, Task
from benchmarks.scaling import exponent, scale

LOG = LogSettings(transactions=4_000, customers=200, dates=3, seed=7)
HERE = [competitor for competitor in PEERS if not competitor.apart]


def run(name: str, folder: Path, log: Path) -> Path:
    """The folder with the features that a competitor wrote."""
    task = Task(
        log, folder / name, folder / f"{name}-work", LOG.as_of_dates(), 1, written=folder / "holdfast"
    )
    task.out.mkdir()
    task.work.mkdir()
    importlib.import_module(f"benchmarks.peers.{name}_features").run(task, Clock())
    return task.out


@pytest.fixture(scope="module")
def folder(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A log, and what Holdfast makes of it below `holdfast/`."""

    def build(place: Path) -> None:
        write_log(LOG, place / "log.parquet")
        run("holdfast", place, place / "log.parquet")

    return built_once("benchmark", build)


# --- the log --------------------------------------------------------------------------------------


def test_the_log_is_as_described(folder: Path):
    row = duckdb.execute(
        f"""
        SELECT count(*), bool_and(known_at >= occurred_at), avg((known_at > occurred_at)::INT),
               avg((amount < 0)::INT), count(*) FILTER (amount = 0),
               min(occurred_at) >= TIMESTAMP '{LOG.first_day()}',
               count(DISTINCT transaction_id) = count(DISTINCT (customer_id, transaction_id, occurred_at)),
               count(DISTINCT customer_id)
        FROM '{folder}/log.parquet'
        """
    ).fetchone()
    assert row is not None
    lines, in_order, late, refunds, free, since, one_moment, customers = row
    assert lines == pytest.approx(LOG.transactions, rel=0.1)
    assert (in_order, since, one_moment, free) == (True, True, True, 0)
    assert late == pytest.approx(0.05, abs=0.02)
    assert refunds == pytest.approx(0.04, abs=0.02)
    assert 0.8 * LOG.customers < customers <= LOG.customers


def test_the_log_holds_what_is_easily_got_wrong(folder: Path):
    """Late lines around the as-of dates, and orders whose lines were known on different days."""
    row = duckdb.execute(
        f"""
        SELECT count(*) FILTER (occurred_at < TIMESTAMP '{LOG.as_of_dates()[1]}'
                                AND known_at >= TIMESTAMP '{LOG.as_of_dates()[1]}'),
               count(DISTINCT transaction_id) FILTER (mixed)
        FROM (SELECT *, min(known_at) OVER o <> max(known_at) OVER o AS mixed FROM '{folder}/log.parquet'
              WINDOW o AS (PARTITION BY transaction_id))
        """
    ).fetchone()
    assert row is not None
    assert min(row) > 0


def test_same_settings_same_bytes(folder: Path, tmp_path: Path):
    write_log(LOG, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (folder / "log.parquet").read_bytes()
    write_log(dataclasses.replace(LOG, seed=8), tmp_path / "other.parquet")
    assert (tmp_path / "other.parquet").read_bytes() != (folder / "log.parquet").read_bytes()


# --- the competitors ------------------------------------------------------------------------------


def test_holdfast_makes_the_chosen_features(folder: Path):
    names = pq.read_schema(folder / "holdfast" / "part-00000.parquet").names
    assert set(names) == {"customer_id", "as_of", "churned", *column_names()}
    assert len(set(column_names())) == 35
    assert len(set(column_names(twice=True))) == 70
    assert set(column_names()) < set(column_names(twice=True))


@pytest.mark.parametrize("name", [competitor.name for competitor in HERE])
def test_competitor_makes_the_same_values(name: str, folder: Path, tmp_path: Path):
    (tmp_path / "holdfast").symlink_to(folder / "holdfast")
    made = run(name, tmp_path, folder / "log.parquet")
    verdict = compare(made, folder / "holdfast", column_names())
    assert verdict.faults == ()
    assert verdict.columns == column_names()
    assert verdict.rows > 300


def test_the_floor_writes_what_holdfast_wrote(folder: Path, tmp_path: Path):
    (tmp_path / "holdfast").symlink_to(folder / "holdfast")
    made = run("floor", tmp_path, folder / "log.parquet")
    assert [file.read_bytes() for file in sorted(made.iterdir())] == [
        file.read_bytes() for file in sorted((folder / "holdfast").iterdir())
    ]


def test_every_competitor_has_its_module():
    modules = (Path(report.__file__).parent / "peers").glob("*_features.py")
    assert {path.stem for path in modules} == {f"{one.name}_features" for one in COMPETITORS}


# --- whether they are equal -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda column: pc.multiply(column, pa.scalar(1.01, pa.float32())), "orders__count__all differs in"),
        (lambda column: pc.if_else(pc.equal(column, 1), None, column), "orders__count__all differs in"),
        (lambda column: column, None),
    ],
    ids=["another value", "a null", "nothing"],
)
def test_a_difference_is_noticed(
    folder: Path, tmp_path: Path, spoil: Callable[[pa.ChunkedArray], pa.ChunkedArray], fault: str | None
):
    table = pq.read_table(folder / "holdfast")
    place = table.column_names.index("orders__count__all")
    spoiled = table.set_column(place, "orders__count__all", spoil(table["orders__count__all"]))
    pq.write_table(spoiled, tmp_path / "spoiled.parquet")
    faults = compare(tmp_path, folder / "holdfast", column_names()).faults
    assert [text.split(" in ")[0] + " in" for text in faults] == ([] if fault is None else [fault])


def test_a_missing_row_and_one_twice_are_noticed(folder: Path, tmp_path: Path):
    table = pq.read_table(folder / "holdfast")
    pq.write_table(pa.concat_tables([table.slice(1), table.slice(1, 1)]), tmp_path / "rows.parquet")
    faults = compare(tmp_path, folder / "holdfast", column_names()).faults
    assert faults[0].startswith("customer_id differs in ")


def test_a_sample_is_held_against_the_same_customers(folder: Path, tmp_path: Path):
    table = pq.read_table(folder / "holdfast")
    numbers = pc.cast(pc.utf8_slice_codeunits(table["customer_id"], 1), pa.int64())
    sample = table.filter(pc.equal(pc.subtract(numbers, pc.multiply(pc.divide(numbers, 4), 4)), 0))
    pq.write_table(sample.drop_columns(["gaps__mean__all"]), tmp_path / "sample.parquet")
    verdict = compare(tmp_path, folder / "holdfast", column_names(), share=4)
    assert verdict.faults == ()
    assert (verdict.rows, len(verdict.columns)) == (sample.num_rows, 34)


# --- what is told ---------------------------------------------------------------------------------


def test_the_sampled_part_is_multiplied_and_loading_is_not():
    run = {"seconds": 7.0, "parts": {"loading": 5.0}}
    assert whole_seconds(run, 50) == 5 + 2 * 50
    assert whole_seconds(run, 1) == 7


def test_exponent_of_a_power():
    assert exponent([(size, 3 * size**1.25) for size in (1.0, 2.0, 4.0)]) == pytest.approx(1.25)


def test_promises_are_met_or_missed_and_unequal_ones_get_no_ratio():
    holdfast = Result(HOLDFAST, 2.0, {"extraction": 1.5}, peak_bytes=3 * 2**30)
    equal, unequal = Verdict(9, ("a",), ()), Verdict(9, ("a",), ("a differs in 3 rows",))
    pandas, polars, *_ = PEERS
    results = [
        holdfast,
        Result(pandas, 21.0, verdict=equal),
        Result(polars, 5.0, verdict=unequal),
        Result(FLOOR, 0.5),
    ]
    table = report.comparison(results, LOG, 2, 1)
    assert "met: 10 times faster than pandas: 10.5 times" in table
    assert "times faster than Polars" not in table
    assert "| Polars, streaming | 5.0 | not equal: a differs in 3 rows |" in table
    assert (
        "**missed**: within 2 times the floor: one scan, and writing: 4.0 times (of 2.0 s: extraction 1.5)"
        in table
    )
    assert "**missed**: peak memory below 2 GiB: 3.00 GiB" in table


def test_growth_is_told():
    def measure(settings: LogSettings, twice: bool) -> Result:
        verdict = Verdict(1, ("a",) * (2 if twice else 1), ())
        seconds = settings.transactions / 1000 * (1.5 if twice else 1.0)
        return Result(HOLDFAST, seconds, {"extraction": 1.0}, peak_bytes=settings.customers, verdict=verdict)

    table = report.growth(scale(LOG, measure))
    assert "met: time grows with the log's size to the power 1.05 at most: 1.00" in table
    assert (
        "**missed**: memory flat within 20% with 5 times the customers and transactions: 5.00 times" in table
    )
    assert "met: twice the features well under twice the time: 1.50 times" in table


def test_the_page_has_a_place_for_each_table():
    page = report.README.read_text(encoding="utf-8")
    assert re.findall(r"<!-- /?results:(\w+) -->", page) == [
        name
        for name in (
            "comparison",
            "scaling",
            "training",
            "scoring",
            "quality",
            "outreach",
            "reasons",
            "payments",
            "trials",
            "campaigns",
        )
        for _ in ("begin", "end")
    ]
