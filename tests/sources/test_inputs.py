"""By what a later run sees that the raw files have not changed."""

from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import DataRefused
from holdfast.sources.inputs import RawFiles, input_hashes, table_hashes
from holdfast.sources.settings import SourceSettings

COLUMNS = {"customer_id": "a", "transaction_id": "b", "occurred_at": "c", "amount": "d"}


def hashes(**table: Any) -> dict[str, str] | None:
    tables = {"transactions": {"columns": COLUMNS, **table}}
    return input_hashes(table_hashes(SourceSettings(name="shop", tables=tables)))


def test_every_file_has_its_hash(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(name)
    before = hashes(read=str(tmp_path))
    (tmp_path / "b.csv").write_text("changed")
    after = hashes(read=str(tmp_path))
    assert before is not None
    assert after is not None
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {str(tmp_path / "b.csv")}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM '{0}/a.csv'",
        "SELECT * FROM read_csv('{0}/*.csv') AS x",
        "WITH x AS (SELECT * FROM read_csv(['{0}/a.csv'])) SELECT * FROM x",
    ],
)
def test_files_of_a_query_over_files(tmp_path: Path, query: str) -> None:
    (tmp_path / "a.csv").write_text("a")
    found = hashes(database="duckdb://", query=query.format(tmp_path))
    assert found is not None
    assert list(found) == [str(tmp_path / "a.csv")]


@pytest.mark.parametrize(
    "table",
    [
        {"database": "postgresql://db/shop", "table": "orders"},
        {"database": "duckdb://", "query": "SELECT * FROM generate_series(1, 3)"},
        {"database": "duckdb://", "query": "not SQL at all ("},
    ],
)
def test_what_must_be_read_again(table: dict[str, str]) -> None:
    assert hashes(**table) is None


def test_the_size_of_the_raw_files_is_known_only_where_all_are_on_this_machine(tmp_path: Path) -> None:
    files = {str(tmp_path / name): "hash" for name in ("a.csv", "b.csv")}
    for path, text in zip(files, ("four", "sixsix"), strict=True):
        Path(path).write_text(text)
    assert RawFiles({"transactions": files}).local_bytes() == 10
    assert RawFiles({"transactions": files, "tickets": None}).local_bytes() is None
    assert RawFiles({"transactions": files | {"s3://bucket/c.csv": "hash"}}).local_bytes() is None


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="no raw file"):
        hashes(read=str(tmp_path / "none.csv"))
