"""Files validated one by one, as Spark's tasks do: the parts are those of one reading, to the byte."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sources.test_parts import HEADER, READ_AT, Nights, line, run_here

from holdfast.errors import DataRefused, HoldfastError
from holdfast.sources.file_tasks import FileTask, FileTasks

COLUMNS = {
    "customer_id": "who", "transaction_id": "order", "line_id": "line", "occurred_at": "at",
    "known_at": "known", "amount": "euros",
}  # fmt: skip


class Runner:
    """Runs tasks in this process, and remembers how many there were in each round."""

    def __init__(self) -> None:
        self.rounds: list[int] = []

    def __call__(self, work: Any, tasks: Sequence[FileTask]) -> list[Any]:
        self.rounds.append(len(tasks))
        return run_here(work, tasks)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """Three days of six lines, with the keys of one file each."""
    found = Nights(tmp_path, columns=dict(COLUMNS), tasks=Runner())
    for day in range(1, 4):
        found.day(f"2026-07-0{day}", [line(6 * day + number, day) for number in range(6)])
    return found


def rounds(nights: Nights) -> list[int]:
    assert isinstance(nights.tasks, Runner)
    return nights.tasks.rounds


def test_files_that_fit_each_other_need_one_task_each(nights: Nights) -> None:
    assert nights.night(None).report.accepted == 18
    assert rounds(nights) == [3]
    assert not any("on the machine of the command" in text for text in nights.said)
    nights.day("2026-07-04", [line(30, 4), "c1,o31,l31,never,2026-07-04,1,a", "c1,o32"])
    assert nights.night(None).report.by_rule == {"malformed_line": 1, "occurred_at_unreadable": 1}
    assert rounds(nights) == [3, 1]


def test_a_key_in_several_files_is_one_row(nights: Nights) -> None:
    nights.day("2026-07-04", [line(6, 4), line(7, 1, known=1, euros="11"), line(40, 4)])
    report = nights.night(None).report
    assert (report.read, report.accepted, report.by_rule) == (21, 19, {"duplicate_key": 2})
    assert rounds(nights) == [4, 1]  # rows known at the same time: the one of the first file stays
    nights.day("2026-07-05", [line(12, 1), line(13, 9)])  # known before the row of a part that is kept
    assert nights.night(None).report.by_rule == {"duplicate_key": 4}


def test_a_refused_consent_counts_wherever_the_row_is(tmp_path: Path) -> None:
    columns = {"customer_id": "id", "consent": "ok", "valid_from": "since"}
    nights = Nights(tmp_path, "customers", columns, limit=1, tasks=Runner())
    nights.day("1", ["a,yes,2026-01-01", "b,yes,2026-01-01"], "id,ok,since")
    nights.day("2", ["a,no,2026-01-01", "a,yes,2026-01-01", "c,yes,2026-01-01"], "id,ok,since")
    nights.day("3", ["a,yes,2026-01-01", "c,,2026-01-01"], "id,ok,since")
    report = nights.night(None).report
    assert (report.accepted, report.denied, report.rejected) == (3, 1, 4)
    assert nights.validated().select(["customer_id", "consent"]).to_pylist() == [
        {"customer_id": "a", "consent": False},
        {"customer_id": "b", "consent": True},
        {"customer_id": "c", "consent": True},
    ]


def test_types_are_those_of_the_values_of_all_files(nights: Nights) -> None:
    nights.columns |= {"line_id": "concat(line, '-', note)", "amount": "euros * 2"}
    nights.day("2026-07-02", [line(20, 2, euros="10.5", note="7"), line(21, 2, note="")])
    nights.day("2026-07-03", [line(22, 3, euros="?", note="17850.0"), line(23, 3, note="8")])
    nights.night(None)
    assert rounds(nights)[0] == 3
    assert len(rounds(nights)) > 1


def test_columns_that_some_files_have_not(nights: Nights) -> None:
    nights.columns["channel"] = "via"
    nights.day("2026-07-02", ["web,c1,o40,l40,2026-07-02,2026-07-02,1,a"], f"VIA,{HEADER}")
    nights.day("2026-07-03", [], "")
    assert nights.night(None).report.accepted == 7


@pytest.mark.parametrize("folder", ["", "day=2026-07-0{number}"])
def test_parquet_files_of_different_types(nights: Nights, folder: str) -> None:
    for old in (nights.folder / "raw").iterdir():
        old.unlink()
    if folder:
        nights.columns["channel"] = "day"

    def write(number: int, **columns: Any) -> None:
        at = dt.datetime(2026, 7, number)  # noqa: DTZ001 — wall-clock
        table = pa.table({"who": [7], "order": [f"o{number}"], "line": [number], "at": [at], **columns})
        path = nights.folder / "raw" / folder.format(number=number) / f"{number:02}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path)

    del nights.columns["known_at"]
    write(1, euros=pa.array([5], pa.int16()))
    write(2, note=["a"], euros=pa.array([6.5]))
    nights.night(None)
    write(3, euros=["7.25"], fields=[{"a": 1, "b": ["x"]}])
    nights.night(None)
    assert nights.night(None).report.accepted == 3


def test_numbers_whose_marks_only_other_files_make_ambiguous(nights: Nights) -> None:
    nights.day("2026-07-02", [line(20, 2, euros='"1,234"')])
    nights.day("2026-07-03", [line(21, 3, euros='"1,5"')])
    refused(nights, DataRefused)


@pytest.mark.parametrize(
    "columns",
    [{"amount": "price"}, {"amount": "strptime(note, '%d')"}, {"amount": "no_such_function(euros)"}],
)
def test_what_one_reading_refuses_is_refused_alike(nights: Nights, columns: dict[str, str]) -> None:
    nights.columns |= columns
    refused(nights, HoldfastError)


def test_a_damaged_file_is_refused_alike(nights: Nights) -> None:
    (nights.folder / "raw" / "2026-07-02.csv").write_bytes(b"who,order\xff\xfe\x00\n")
    refused(nights, DataRefused)


def test_what_needs_all_rows_is_read_on_one_machine(nights: Nights) -> None:
    nights.columns["line_id"] = "row_number() OVER (ORDER BY line)"
    nights.night(None)
    assert any("on the machine of the command, since an expression reads" in text for text in nights.said)


def test_files_that_a_task_does_not_see_are_read_on_one_machine(
    nights: Nights,
) -> None:
    class Elsewhere(Runner):
        """A machine with another file at the same path."""

        def __call__(self, work: Any, tasks: Sequence[FileTask]) -> list[Any]:
            return super().__call__(work, [dataclasses.replace(task, size=1) for task in tasks])

    nights.tasks = Elsewhere()
    assert nights.night(None).report.accepted == 18
    assert any("on the machine of the command, since a task does not see" in text for text in nights.said)


def refused(nights: Nights, kind: type[HoldfastError]) -> None:
    """The table is refused with the same words, whether its files are read one by one or together."""
    said = []
    for tasks in (FileTasks(Runner(), nights.folder / "shared"), None):
        with pytest.raises(kind) as failure:
            nights.read(nights.folder / "out", READ_AT, {}, tasks)
        said.append(str(failure.value))
    assert said[0] == said[1]
