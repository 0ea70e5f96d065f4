"""One way to run a source in tests: raw files in, validated and rejected rows out."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from holdfast.contracts.settings import ContractSettings
from holdfast.engine.duckdb import open_engine
from holdfast.engine.settings import EngineSettings
from holdfast.sources.ingest import ingest
from holdfast.sources.report import TableReport
from holdfast.sources.settings import SourceSettings

READ_AT = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Ingested:
    """What a run left behind."""

    folder: Path
    reports: dict[str, TableReport]
    messages: list[str]

    def validated(self, table: str = "transactions") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.folder / "validated" / f"{table}.parquet").to_pylist()
        return rows

    def rejected(self, table: str = "transactions") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.folder / "rejected" / f"{table}.parquet").to_pylist()
        return rows

    def bytes(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("*/*.parquet/*"))]


Run = Callable[..., Ingested]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Ingest a source, given as its file's content; all rows but one may be rejected unless limited."""

    def ingested(
        tables: dict[str, Any], max_rejected_share: float = 1.0, threads: int = 2, **source: Any
    ) -> Ingested:
        messages: list[str] = []
        folder = tmp_path / f"out-{len(list(tmp_path.glob('out-*')))}"
        settings = SourceSettings(name="test", tables=tables, **source)
        with open_engine(EngineSettings(memory="1GB"), folder / "temporary", threads) as engine:
            taken = ingest(
                engine,
                settings,
                ContractSettings(max_rejected_share=max_rejected_share),
                folder / "validated",
                folder / "rejected",
                folder / "temporary",
                READ_AT,
                messages.append,
            )
        return Ingested(folder, {table.report.name: table.report for table in taken}, messages)

    return ingested


@pytest.fixture
def orders() -> Callable[..., dict[str, Any]]:
    """Settings of a transactions table whose raw columns are named as in the contract."""

    def settings(read: Path | str, more: dict[str, str] | None = None, **others: Any) -> dict[str, Any]:
        columns = {name: name for name in ("customer_id", "transaction_id", "occurred_at", "amount")}
        return {"transactions": {"read": str(read), "columns": {**columns, **(more or {})}, **others}}

    return settings
