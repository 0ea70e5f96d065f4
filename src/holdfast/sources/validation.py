"""Validate one table: stage, map and check its raw files, and accept or reject their rows.

Files whose parts can be kept are not read. The result is the same as if all files were read:

- The type of a text column is inferred from the values of all files. If the mapping changes, all files are
  read.
- If a new file has an earlier known row for a key, the file that had the key is read too.
- If a file changed or is read because of its keys, all files that lost a key to any file are read too.
"""

import dataclasses
from datetime import datetime

from holdfast.files import link_or_copy
from holdfast.sources.checking import check, write_fresh
from holdfast.sources.file_by_file import validate_file_by_file
from holdfast.sources.file_tasks import FileTasks
from holdfast.sources.filtering import CheckedRows, count_rows, rejected_rows
from holdfast.sources.inference import add_classes
from holdfast.sources.joins import join_tables, main_input, stage_joined
from holdfast.sources.mapping import bind_mapping, count_raw_classes
from holdfast.sources.parts import Counts, Earlier, Part, add_counts, part_name, without_outdated
from holdfast.sources.refusals import advise, empty_table, refuse_beyond
from holdfast.sources.staging import Staging
from holdfast.sources.table_input import TableInput


def validate_table(
    table: TableInput, earlier: Earlier | None, tasks: FileTasks | None = None
) -> tuple[list[Part], str | None]:
    """Validate the raw files that an earlier run did not, and write the parts of all raw files.

    Args:
        tasks: where files are validated one by one, if they can be; None: all at once in `table.engine`.

    Returns:
        The parts in the order of the raw files, and advice on the most frequent broken rule (see `advise`).
    """
    table.define_macros()
    kept = reusable_parts(table, earlier) if earlier else {}
    made = (
        validate_file_by_file(table, kept, earlier, tasks) if tasks and len(kept) < len(table.names) else None
    )
    if made is not None:
        earlier, kept = made, dict(made.parts)
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
    joined = stage_joined(table)
    staging = Staging(main_input(table, joined), {name: tuple(part.columns) for name, part in kept.items()})
    while True:
        raw = staging.stage([name for name in table.names if name not in kept])
        raw = join_tables(table, raw, joined)
        if not raw.names:
            raise empty_table(table.name, table.where)
        mapping = table.mapping(raw.names)
        classes = count_raw_classes(table.engine.raw, raw, mapping)
        totals = add_classes([*classes.values(), *(part.classes for part in kept.values())])
        bound = bind_mapping(table.engine.raw, raw, mapping, classes, totals, table.where)
        if kept and not (mapping.rowwise and {part.mapping for part in kept.values()} == {bound.fingerprint}):
            kept = {}
            continue
        paths = {name: earlier.validated / part.name for name, part in kept.items()} if earlier else {}
        checked = check(table, bound, paths)
        if not checked.outdated:
            return kept, checked
        kept = without_outdated(kept, checked.outdated)
