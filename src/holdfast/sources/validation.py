"""Validate one table: stage, map and check its raw files, and accept or reject their rows.

Files whose parts can be kept are not read. The result is the same as if all files were read:

- The type of a text column is inferred from the values of all files. If the mapping changes, all files are
  read.
- If a new file has an earlier known row for a key, the file that had the key is read too.
- If a file changed or is read because of its keys, all files that lost a key to any file are read too.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from holdfast.contracts.rules import raw_name
from holdfast.contracts.tables import Contract
from holdfast.files import link_or_copy, sha256_file
from holdfast.sources.duplicates import mark_duplicates
from holdfast.sources.filtering import (
    CheckedRows,
    count_rows,
    recheck_times,
    rejected_rows,
    write_rejected,
    write_validated,
)
from holdfast.sources.joins import join_tables, main_input, stage_joined
from holdfast.sources.mapped_rows import RULE, map_rows
from holdfast.sources.mapping import IN_SCOPE, BoundMapping, TableMapping, bind_mapping
from holdfast.sources.numbers import define_number
from holdfast.sources.parts import Counts, Earlier, Part, add_counts, part_name
from holdfast.sources.raw_table import FILE, ROW, SHEET
from holdfast.sources.refusals import advise, empty_table, refuse_beyond, refuse_expression
from holdfast.sources.staging import Staging
from holdfast.sources.table_input import TableInput
from holdfast.sources.times import define_times


def validate_table(table: TableInput, earlier: Earlier | None) -> tuple[list[Part], str | None]:
    """Validate the raw files that an earlier run did not, and write the parts of all raw files.

    Returns:
        The parts in the order of the raw files, and advice on the most frequent broken rule (see `advise`).
    """
    kept = reusable_parts(table, earlier) if earlier else {}
    checked, by_file = None, dict[str, Counts]()
    if len(kept) < len(table.names):
        kept, checked = check_table(table, kept, earlier)
        by_file = count_rows(table.engine.raw, checked)
    rejected = rejected_rows(
        checked, [earlier.rejected / part.name for part in kept.values()] if earlier else []
    )
    total = add_counts([*by_file.values(), *kept.values()])
    refuse_beyond(table, rejected, total)
    if advice := advise(table, rejected, total):
        table.progress(advice)
    fresh = write_fresh(table, checked, by_file) if checked else {}
    parts = [{**kept, **fresh}[name] for name in table.names]
    for number, part in enumerate(parts):
        if part.file in kept:
            assert earlier is not None
            link_or_copy(earlier.validated / part.name, table.validated / part_name(number))
            link_or_copy(earlier.rejected / part.name, table.rejected / part_name(number))
    return [dataclasses.replace(part, name=part_name(number)) for number, part in enumerate(parts)], advice


def reusable_parts(table: TableInput, earlier: Earlier) -> dict[str, Part]:
    """The parts of an earlier run that seem valid, judged without reading their raw files."""
    settings, now = table.fingerprint(), table.read_at
    if not set(earlier.parts) <= set(table.names):
        return {}  # a file is gone
    unchanged = {
        name: part
        for name, part in earlier.parts.items()
        if part.raw_sha256 is not None
        and part.raw_sha256 == table.hashes.get(name)
        and part.settings == settings
    }
    if table.joined and len(unchanged) < len(table.names):
        return {}  # unused rows of joined tables are counted over all files
    if len(unchanged) < len(earlier.parts):
        unchanged = {name: part for name, part in unchanged.items() if not part.depends_on_others}
    return {
        name: part
        for name, part in unchanged.items()
        if datetime.fromisoformat(part.read_at) <= now
        and (part.recheck_at is None or now < datetime.fromisoformat(part.recheck_at))
    }


def check_table(
    table: TableInput, kept: dict[str, Part], earlier: Earlier | None
) -> tuple[dict[str, Part], CheckedRows]:
    """Map and check all files except those whose parts can be kept.

    Args:
        kept: the parts of `reusable_parts`; some may turn out to depend on the other files.

    Returns:
        The parts that are kept, and the rows of all other files.
    """
    define_number(table.engine.raw, table.settings.csv, table.source.currency)
    define_times(table.engine.raw, table.source.time_zone)
    joined = stage_joined(table)
    staging = Staging(main_input(table, joined), {name: tuple(part.columns) for name, part in kept.items()})
    while True:
        raw = staging.stage([name for name in table.names if name not in kept])
        raw = join_tables(table, raw, joined)
        if not raw.names:
            raise empty_table(table.name, table.where)
        mapping = table.mapping(raw.names)
        bound = bind_mapping(
            table.engine.raw, raw, mapping, (part.classes for part in kept.values()), table.where
        )
        if kept and not (mapping.rowwise and {part.mapping for part in kept.values()} == {bound.fingerprint}):
            kept = {}
            continue
        paths = {name: earlier.validated / part.name for name, part in kept.items()} if earlier else {}
        checked = check(table, bound, paths)
        if not checked.outdated:
            return kept, checked
        kept = {
            name: part
            for name, part in kept.items()
            if name not in checked.outdated and not part.depends_on_others
        }


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
