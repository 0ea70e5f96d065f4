"""Check the mapped rows of a table, and write the parts of the raw files that were read."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from holdfast.contracts.rules import raw_name
from holdfast.contracts.tables import Contract
from holdfast.files import sha256_file
from holdfast.sources.duplicates import mark_duplicates
from holdfast.sources.filtering import CheckedRows, recheck_times, write_rejected, write_validated
from holdfast.sources.mapped_rows import RULE, map_rows
from holdfast.sources.mapping import IN_SCOPE, BoundMapping, TableMapping
from holdfast.sources.parts import Counts, Part, add_counts, part_name
from holdfast.sources.raw_table import FILE, ROW, SHEET
from holdfast.sources.refusals import refuse_expression
from holdfast.sources.table_input import TableInput


def check(table: TableInput, bound: BoundMapping, kept: Mapping[str, Path]) -> CheckedRows:
    """Mapped rows with the rule that each breaks.

    Args:
        kept: the validated part of each file that is not read.
    """
    table.progress(f"{table.name}: checking")
    mapping, contract = bound.mapping, table.contract
    rows = map_rows(table.engine, bound, table.source, table.read_at)
    shown = [column for column in mapping.values if raw_name(column) in rows.columns]
    columns = validated_columns(contract, mapping, rows.columns)
    raw_values = {raw_name(name): rows[RULE].notnull().ifelse(rows[raw_name(name)], None) for name in shown}
    part = table.temporary / "mapped.parquet"
    try:
        checked = rows.select(*columns, IN_SCOPE, RULE, FILE, SHEET, ROW, **raw_values)
        table.engine.con.to_parquet(checked, part, compression="snappy")
    except duckdb.Error as error:
        raise refuse_expression(table.where, error) from None
    view, shuffled, outdated = mark_duplicates(table.engine.raw, contract, bound.raw, columns, part, kept)
    return CheckedRows(contract, bound, view, columns, shown, shuffled, outdated)


def validated_columns(contract: Contract, mapping: TableMapping, mapped: tuple[str, ...]) -> list[str]:
    """The columns of the validated table: the contract's, attributes, durations, and always `known_at`."""
    order = [column.name for column in contract.columns if column.name in mapped]
    columns = [*order, *(name for name in mapping.values if name not in order)]
    columns += [name for name, *_ in contract.durations if name in mapped]
    return columns if "known_at" in columns else [*columns, "known_at"]


def write_fresh(table: TableInput, checked: CheckedRows, by_file: Mapping[str, Counts]) -> dict[str, Part]:
    """Write the parts of the files that were read."""
    names = {name: part_name(number) for number, name in enumerate(table.names) if name in by_file}
    validated = {name: table.validated / part for name, part in names.items()}
    rejected = {name: table.rejected / part for name, part in names.items()}
    total = add_counts(by_file.values())
    table.progress(f"{table.name}: writing {total.accepted:,} accepted and {total.rejected:,} rejected rows")
    write_validated(table.engine, checked, validated)
    write_rejected(table.engine, checked, rejected)
    for name, counts in by_file.items():
        written = [pq.read_metadata(paths[name]).num_rows for paths in (validated, rejected)]
        assert written == [counts.accepted, counts.rejected], f"rows of {table.name} were lost"
    later, bound = recheck_times(table.engine.raw, checked), checked.bound
    return {
        name: Part(
            **dataclasses.asdict(by_file[name]), name=part, file=name, raw_sha256=table.hashes.get(name),
            validated_sha256=sha256_file(validated[name]), rejected_sha256=sha256_file(rejected[name]),
            settings=table.fingerprint(), mapping=bound.fingerprint, columns=list(bound.raw.columns[name]),
            classes=bound.classes.get(name, {}), read_at=table.read_at.isoformat(),
            recheck_at=later.get(name),
        )
        for name, part in names.items()
    }  # fmt: skip
