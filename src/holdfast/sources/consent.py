"""Check the consent column: refuse a delivery that would lose or invert consent."""

from pathlib import Path

import duckdb

from holdfast.contracts.settings import ContractSettings
from holdfast.engine.engine import parquet_files
from holdfast.errors import DataRefused
from holdfast.sources.sql import column_types, fetch_row, read_parquet

WHERE = "source.tables.customers.columns.consent"


def check_consent(
    con: duckdb.DuckDBPyConnection, customers: Path, before: Path | None, limits: ContractSettings
) -> None:
    """Refuse consent that is empty for most customers, or inverted since the previous delivery.

    Args:
        customers: the folder of the validated customers, with `consent`.
        before: that of the previous delivery; None: there is none.
    """
    unknown, every = fetch_row(
        con, f"SELECT count(*) FILTER (consent IS NULL), count(*) FROM {_by_customer(customers)}"
    )
    if unknown > limits.max_unknown_consent * every:
        raise DataRefused(
            "most customers have no consent, neither yes nor no",
            where=WHERE,
            found=f"{unknown:,} of {every:,} customers without",
            expected=f"at most {limits.max_unknown_consent:.0%} (contracts.max_unknown_consent)",
            next_step="correct the export, or take consent out of the mapping if the company has none",
        )
    if before is None or "consent" not in column_types(con, f"FROM {_rows(before)}"):
        return
    changed, common = fetch_row(
        con,
        "SELECT count(*) FILTER (new.consent <> old.consent), count(*) "
        f"FROM {_by_customer(customers)} AS new JOIN {_by_customer(before)} AS old USING (customer_id) "
        "WHERE new.consent IS NOT NULL AND old.consent IS NOT NULL",
    )
    if changed > limits.max_changed_consent * common:
        raise DataRefused(
            "consent was inverted since the previous delivery",
            where=WHERE,
            found=f"{changed:,} of {common:,} customers went from yes to no or from no to yes",
            expected=f"at most {limits.max_changed_consent:.0%} (contracts.max_changed_consent)",
            next_step="check whether the column still means that they may be contacted; if it does, call "
            "this time with contracts.max_changed_consent=1",
        )


def _by_customer(folder: Path) -> str:
    """The query of each customer's consent; one refusal among several rows decides."""
    return f"(SELECT customer_id, bool_and(consent) AS consent FROM {_rows(folder)} GROUP BY customer_id)"


def _rows(folder: Path) -> str:
    return read_parquet(parquet_files(folder))
