"""Validate a table file by file in tasks, so that many machines share the work.

A task first takes its file alone. What files decide together is found here, from what the tasks found: the
columns of all files, the types that fit all values of a column, and keys that occur in several files. A task
runs again for each file that this changes; in most deliveries there is none.
"""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import SettingError
from holdfast.files import link_or_copy
from holdfast.sources.duplicates import find_same_keys
from holdfast.sources.file_tasks import (
    REJECTED,
    TEXT,
    VALIDATED,
    Columns,
    FileResult,
    FileTask,
    FileTasks,
    InseparableError,
    bind_without_rows,
    hive_folders,
    validate_file,
)
from holdfast.sources.inference import ClassCounts, add_classes
from holdfast.sources.parts import Earlier, Part, part_name, without_outdated
from holdfast.sources.table_input import TableInput
from holdfast.storage import Location


def validate_file_by_file(
    table: TableInput, kept: Mapping[str, Part], earlier: Earlier | None, tasks: FileTasks
) -> Earlier | None:
    """The parts of all raw files; None: the files must be read together, on this machine.

    Args:
        kept: the parts of an earlier run that seem valid (see `validation.reusable_parts`).

    Raises:
        SettingError, DataRefused: as if the files were read together.
    """
    try:
        _check_separable(table)
        rounds = Rounds(table, tasks, dict(kept), earlier)
        rounds.validate()
    except InseparableError as reason:
        table.progress(f"{table.name}: read on the machine of the command, since {reason}")
        return None
    return rounds.collect()


def _check_separable(table: TableInput) -> None:
    if not table.files:
        raise InseparableError("it comes from a database")
    if table.settings.join:
        raise InseparableError("it is joined to another table")
    kinds = {tuple(part.partition("=")[0] for part in hive_folders(file)) for file in table.files.values()}
    if len(kinds) > 1:
        raise InseparableError("its files lie in folders of different kinds")


@dataclass
class Rounds:
    """The rounds of tasks in which a table's files are validated.

    Attributes:
        kept: the parts of `earlier` that still seem valid.
        results: raw file → what the last task for it found.
        columns: raw file → its columns.
        known: the columns of all files, each combination once; empty: before the first round.
        number: of the next round.
    """

    table: TableInput
    tasks: FileTasks
    kept: dict[str, Part]
    earlier: Earlier | None
    results: dict[str, FileResult] = field(default_factory=dict)
    columns: dict[str, Columns] = field(default_factory=dict)
    known: tuple[Columns, ...] = ()
    number: int = 0

    @property
    def typed(self) -> bool:
        """Whether all files are Parquet, whose types count; otherwise all are read as text."""
        return all(file.kind == "parquet" for file in self.table.files.values())

    @property
    def fresh(self) -> list[str]:
        """The files whose parts are not kept."""
        return [name for name in self.table.names if name not in self.kept]

    def validate(self) -> None:
        """Run tasks until all parts fit each other.

        Raises:
            InseparableError: the files must be read together.
        """
        while True:
            totals = self._agree_on_types()
            fresh, kept = (
                {name: self._path(name, VALIDATED) for name in names} for names in (self.fresh, self.kept)
            )
            same_keys = find_same_keys(
                self.table.engine.raw, self.table.contract, self._validated_columns(), fresh, kept
            )
            outdated = self.kept.keys() & same_keys.keys()
            if not outdated:
                break
            self.kept = without_outdated(self.kept, outdated)
        self._run(same_keys, totals=totals, same_keys=same_keys)
        self._raise_failures()

    def collect(self) -> Earlier:
        """All parts in two folders of this machine, named by the positions of their raw files."""
        folder, parts = self.table.temporary / "collected", {}
        for number, name in enumerate(self.table.names):
            part = self.kept.get(name) or self.results[name].part
            assert part is not None
            parts[name] = dataclasses.replace(part, name=part_name(number))
            for file in (VALIDATED, REJECTED):
                link_or_copy(self._path(name, file), folder / file / part_name(number))
        return Earlier(parts, folder / VALIDATED, folder / REJECTED)

    def _agree_on_types(self) -> dict[str, ClassCounts]:
        """Run tasks until all parts have the same mapping; returns the classes of all values."""
        self._run([name for name in self.fresh if name not in self.results])
        self._learn_kept_columns()
        known = tuple(dict.fromkeys(self.columns[name] for name in self.table.names))
        differ, self.known = len(known) > 1 and known != self.known, known
        if differ:
            self._run(self.fresh)
        totals = self._total_classes()
        task = self._task(self.table.names[0], self.tasks.shared)
        try:
            mapping = bind_without_rows(task, self.typed, totals)
        except SettingError as refusal:
            self._run(self.fresh[:1], totals=totals)  # the values of a file give a better hint
            raise self.results[self.fresh[0]].failure or refusal from None
        if {part.mapping for part in self.kept.values()} - {mapping}:
            self.kept = {}
            return self._agree_on_types()
        self._run(self._others_than(mapping), totals=totals)
        self._raise_failures()
        if self._others_than(mapping):
            raise InseparableError("its files, read one by one, do not agree on the types of columns")
        return totals

    def _raise_failures(self) -> None:
        """Raise the first refusal of a task."""
        for name in self.fresh:
            if failure := self.results[name].failure:
                raise failure

    def _others_than(self, mapping: str) -> list[str]:
        """The files without a part, or with one that was mapped otherwise."""
        parts = {name: self.results[name].part for name in self.fresh}
        return [name for name, part in parts.items() if part is None or part.mapping != mapping]

    def _total_classes(self) -> dict[str, ClassCounts]:
        kept = [part.classes for part in self.kept.values()]
        return dict(add_classes([*kept, *(self.results[name].classes for name in self.fresh)]))

    def _learn_kept_columns(self) -> None:
        """Learn the columns of files that are not read: their parts know names, and Parquet files types."""
        unknown = [name for name in self.kept if name not in self.columns]
        if self.typed:
            self._run(unknown, only_columns=True)
            for name in unknown:
                del self.results[name]
        else:
            self.columns.update({name: Columns(tuple(self.kept[name].columns)) for name in unknown})

    def _validated_columns(self) -> list[str]:
        return list(pq.read_schema(self._path(self.table.names[0], VALIDATED)).names)

    def _path(self, name: str, file: str) -> Path:
        """The validated or rejected rows of a raw file, on this machine."""
        if name in self.kept:
            assert self.earlier is not None
            folder = self.earlier.validated if file == VALIDATED else self.earlier.rejected
            return folder / self.kept[name].name
        out = self.results[name].out
        if isinstance(out, Path):
            return out / file
        copy = self.table.temporary / "fetched" / out.parent.name / out.name / file
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            (out / file).copy_to(copy)
        return copy

    def _run(
        self, names: Collection[str], *, same_keys: Mapping[str, pa.Table] | None = None, **given: Any
    ) -> None:
        """Run a task for each of some files."""
        if not names:
            return
        table, folder = self.table, self.tasks.shared / self.table.name / str(self.number)
        files = f"{len(names):,} file{'s' if len(names) > 1 else ''}"
        table.progress(
            f"{table.name}: {'checking' if self.number == 0 else 'checking again'} {files} in tasks"
        )
        tasks = [
            self._task(name, folder / str(place), same_keys=same_keys[name] if same_keys else None, **given)
            for place, name in enumerate(names)
        ]
        self.number += 1
        for result in self.tasks.run(validate_file, tasks):
            if result.columns is None:
                raise result.failure or InseparableError(
                    "a task does not see the raw files that this machine sees"
                )
            self.columns.setdefault(result.file, result.columns)
            self.results[result.file] = result

    def _task(self, name: str, out: Location, **given: Any) -> FileTask:
        table, file = self.table, self.table.files[name]
        source = table.source.model_copy(
            update={"tables": {table.name: table.settings}}
        )  # no other's password
        return FileTask(
            source, table.limits, table.name, table.read_at, file,
            file.path.stat().st_size if file.address is None else None, table.hashes.get(name), out,
            self.known or (() if self.typed else (TEXT,)), **given,
        )  # fmt: skip
