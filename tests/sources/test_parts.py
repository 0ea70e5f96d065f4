"""Parts that are kept: reading only some files of a table comes to what reading all gives, to the byte."""

import dataclasses
import datetime as dt
import json
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.contracts.settings import ContractSettings
from holdfast.engine.duckdb import open_engine
from holdfast.engine.settings import EngineSettings
from holdfast.errors import DataRefused
from holdfast.sources.file_tasks import FileTasks
from holdfast.sources.ingest import ValidatedTable, ingest
from holdfast.sources.inputs import table_hashes
from holdfast.sources.parts import Earlier, Part
from holdfast.sources.settings import SourceSettings

READ_AT = dt.datetime(2026, 8, 1)  # noqa: DTZ001 — wall-clock of the source's zone
HEADER = "who,order,line,at,known,euros,note"


def line(number: int, day: int, *, known: int | None = None, euros: str = "10", note: str = "a") -> str:
    """Line `number` of day `day`; known on the day `known`, else on its own."""
    at, seen = f"2026-07-{day:02} 10:00", f"2026-07-{known or day:02} 23:00"
    return f"c{number % 3},o{number},l{number},{at},{seen},{euros},{note}"


@dataclass
class Nights:
    """A folder with a file a day, read night after night.

    Attributes:
        columns: further mapped columns, or others for those that are mapped.
        earlier: what the last night left behind.
        tasks: what runs tasks, where a night's files are validated one by one; None: all at once.
    """

    folder: Path
    name: str = "transactions"
    columns: dict[str, str] = field(default_factory=dict)
    table: dict[str, Any] = field(default_factory=dict)
    limit: float = 0.5
    earlier: dict[str, Earlier] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    tasks: Callable[..., Any] | None = None

    def day(self, name: str, lines: Iterable[str], header: str = HEADER) -> None:
        (self.folder / "raw").mkdir(exist_ok=True)
        text = "\n".join([header, *lines]) + "\n" if header else ""
        (self.folder / "raw" / f"{name}.csv").write_text(text, encoding="utf-8")

    def read(
        self, out: Path, read_at: dt.datetime, earlier: dict[str, Earlier], tasks: FileTasks | None = None
    ) -> ValidatedTable:
        table = {"read": str(self.folder / "raw"), "columns": self.columns} | self.table
        source = SourceSettings(name="test", tables={self.name: table})
        limits = ContractSettings(max_rejected_share=self.limit, max_unknown_consent=1, max_changed_consent=1)
        self.said.clear()
        with open_engine(EngineSettings(memory="1GB"), out / "temporary", 2) as engine:
            (validated,) = ingest(
                engine, source, limits, out / "validated", out / "rejected", out / "temporary", read_at,
                self.said.append, hashes=table_hashes(source), earlier=earlier, tasks=tasks,
            )  # fmt: skip
        return validated

    def files_read(self) -> int:
        """How many raw files the last reading read."""
        counts = [int(found[1]) for text in self.said if (found := re.search(r"reading (\d+)", text))]
        return counts[-1] if counts else 0

    def night(self, reads: int | None, *, read_at: dt.datetime = READ_AT) -> ValidatedTable:
        """Read so many files beside the parts of the last night, and all files: both must agree."""
        number = len(list(self.folder.glob("night-*")))
        out, fresh = self.folder / f"night-{number}", self.folder / f"fresh-{number}"
        expected = self.read(fresh, read_at, {})
        tasks = None if self.tasks is None else FileTasks(self.tasks, out / "shared")
        found = self.read(out, read_at, self.earlier, tasks)
        assert reads is None or self.files_read() == reads, self.said
        assert found == expected
        assert contents(out) == contents(fresh)
        parts = [Part(**json.loads(json.dumps(dataclasses.asdict(part)))) for part in found.parts]
        folders = (out / kind / f"{self.name}.parquet" for kind in ("validated", "rejected"))
        self.earlier = {self.name: Earlier({part.file: part for part in parts}, *folders)}
        return found

    def validated(self) -> pa.Table:
        return pq.read_table(self.earlier[self.name].validated)


def contents(out: Path) -> dict[str, bytes]:
    """Every part of validated and rejected rows."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.glob("*/*.parquet/*"))}


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """Two days of six lines."""
    columns = {"customer_id": "who", "transaction_id": "order", "line_id": "line", "occurred_at": "at"}
    found = Nights(tmp_path, columns=columns | {"known_at": "known", "amount": "euros"})
    found.day("2026-07-01", [line(number, 1) for number in range(6)])
    found.day("2026-07-02", [line(number, 2) for number in range(6, 12)])
    return found


def test_only_the_new_file_is_read(nights: Nights) -> None:
    first = nights.night(2)
    nights.day("2026-07-03", [line(12, 3), line(13, 1, known=3), "c1,o14,l14,never,2026-07-03,1,a"])
    second = nights.night(1)
    assert "transactions: reading 1 of 3 files" in nights.said
    assert (first.report.accepted, second.report.accepted) == (12, 14)
    assert second.report.by_rule == {"occurred_at_unreadable": 1}
    nights.day("2026-07-04", [line(15, 4)])
    assert nights.night(1).report.read == 16


def test_a_part_is_a_raw_file(nights: Nights) -> None:
    nights.day("2026-07-03", ["c1,o14,l14,never,2026-07-03,1,a"])
    parts = nights.night(3).parts
    assert [(part.name, part.file, part.accepted) for part in parts] == [
        ("part-00000.parquet", "2026-07-01.csv", 6),
        ("part-00001.parquet", "2026-07-02.csv", 6),
        ("part-00002.parquet", "2026-07-03.csv", 0),
    ]
    folder = nights.earlier["transactions"].validated
    assert [pq.read_metadata(path).num_rows for path in sorted(folder.iterdir())] == [6, 6, 0]


def test_what_is_kept_is_the_same_file(nights: Nights) -> None:
    nights.night(2)
    before = [path.stat().st_ino for path in sorted(nights.earlier["transactions"].validated.iterdir())]
    nights.day("2026-06-30", [line(20, 1)])
    nights.night(1)
    after = [path.stat().st_ino for path in sorted(nights.earlier["transactions"].validated.iterdir())]
    assert after[1:] == before
    nights.night(0)


@pytest.mark.parametrize("header", ["", HEADER])
def test_an_empty_new_file_adds_nothing(nights: Nights, header: str) -> None:
    nights.night(2)
    nights.day("2026-07-03", [], header)
    assert nights.night(1).report.read == 12
    nights.day("2026-07-04", [line(12, 4)])
    assert nights.night(1).report.read == 13


def test_lines_that_cannot_be_split_add_up(nights: Nights) -> None:
    nights.day("2026-07-02", [line(6, 2), "one,two", *(line(number, 2) for number in range(7, 12))])
    nights.night(2)
    nights.day("2026-07-03", ["one,two,three", line(12, 3), "one"])
    assert nights.night(1).report.by_rule == {"malformed_line": 3}


CHANGES: dict[str, tuple[int, Callable[[Nights], object]]] = {
    "a corrected old file": (
        1, lambda nights: nights.day("2026-07-02", [line(number, 2) for number in range(6, 11)])
    ),
    "a removed file": (1, lambda nights: (nights.folder / "raw" / "2026-07-02.csv").unlink()),
    "a file before all others": (1, lambda nights: nights.day("2026-06-30", [line(20, 1)])),
    "a new column": (
        1, lambda nights: nights.day("2026-07-03", [f"{line(20, 3)},b"], f"{HEADER},more")
    ),
    "a column less": (
        1,
        lambda nights: nights.day(
            "2026-07-03", [line(20, 3).rpartition(",")[0]], HEADER.rpartition(",")[0]
        ),
    ),
    "an earlier known row of a key": (2, lambda nights: nights.day("2026-07-03", [line(8, 1)])),
    "another mapping": (2, lambda nights: nights.columns.update(channel="note")),
    "another condition": (2, lambda nights: nights.table.update(where="note = 'a'")),
    "a file in another folder": (1, lambda nights: nights.day("../raw/more/2026-07-03", [line(20, 3)])),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_have_changed_is_read(nights: Nights, change: str) -> None:
    (nights.folder / "raw" / "more").mkdir(parents=True)
    nights.night(2)
    reads, make = CHANGES[change]
    make(nights)
    nights.night(reads)


def test_a_mapped_column_that_a_new_file_has_not(nights: Nights) -> None:
    nights.columns["channel"] = "note || '!'"
    nights.night(2)
    nights.day("2026-07-03", [line(20, 3).rpartition(",")[0]], HEADER.rpartition(",")[0])
    nights.night(1)
    assert nights.validated()["channel"].to_pylist()[-2:] == ["a!", None]


def test_the_first_known_row_of_a_key_stays(nights: Nights) -> None:
    nights.night(2)
    # the key of the day before, twice the same new key, and a key that the day before rejected
    nights.day("2026-07-03", [line(8, 2, known=3), line(12, 3), line(12, 3, known=4)])
    assert nights.night(1).report.by_rule == {"duplicate_key": 2}
    nights.day("2026-07-04", [line(12, 3)])  # as early known as the one that stays, but of a later file
    assert nights.night(1).report.by_rule == {"duplicate_key": 3}
    nights.day(
        "2026-07-02", [line(6, 2)]
    )  # the row of line 8 that stayed is gone: files that lost keys are read
    assert nights.night(3).report.by_rule == {"duplicate_key": 2}


def test_an_equally_early_row_of_a_file_in_between_stays(nights: Nights) -> None:
    nights.day("2026-07-09", [line(30, 9)])
    nights.night(3)
    nights.day("2026-07-05", [line(31, 5)])
    nights.night(1)
    nights.day("2026-07-06", [line(30, 9)])
    nights.night(2)


def test_a_denial_in_a_new_file_counts_for_the_row_that_stays(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "customers", {"customer_id": "id", "consent": "ok"}, limit=0.9)
    for number, (lines, reads, expected) in enumerate(
        [
            (["c1,yes", "c2,no"], 1, [True, False]),
            (["c1,yes", "c2,yes"], 1, [True, False]),  # who said no has said no
            (["c1,no"], 3, [False, False]),  # the first file, and those that lost a key
            (["c3,yes"], 1, [False, False, True]),
        ]
    ):
        nights.day(str(number), lines, "id,ok")
        denied = nights.night(reads).report.denied
        assert nights.validated()["consent"].to_pylist() == expected
    assert denied == 1
    nights.day("2", ["c4,yes"], "id,ok")  # the denial is taken back: all that it was compared with is read
    nights.night(3)
    assert nights.validated()["consent"].to_pylist() == [True, False, True, True]
    nights.day("-", ["c2,yes"], "id,ok")  # before all others: their rows of the key are duplicates now
    nights.night(3)
    assert nights.validated()["consent"].to_pylist() == [False, True, True, True]


def test_types_that_change_are_read_in_all_files(nights: Nights) -> None:
    nights.columns["channel"] = "note || ''"
    nights.columns["amount"] = "euros * 2"
    nights.night(2)
    nights.day("2026-07-03", [line(12, 3, euros="11")])
    nights.night(1)
    nights.day("2026-07-04", [line(13, 4, euros="11.5")])  # whole numbers no more
    nights.night(4)
    nights.day("2026-07-05", [line(14, 5, euros="11.5")])
    assert nights.night(1).report.accepted == 15


def test_ids_written_with_a_point(nights: Nights) -> None:
    nights.columns["product_id"] = "note"
    nights.day("2026-07-01", [line(number, 1, note="7") for number in range(6)])
    nights.day("2026-07-02", [line(6, 2, note="8")])
    nights.night(2)
    nights.day("2026-07-03", [line(12, 3, note="7.0")])  # all of them were written by a float column
    nights.night(3)
    nights.day("2026-07-04", [line(13, 4, note="17.0")])
    nights.night(1)
    assert nights.validated()["product_id"].to_pylist()[-2:] == ["7", "17"]


def test_rows_of_the_future_come_in_when_it_has_come(nights: Nights) -> None:
    nights.day("2026-07-02", [line(6, 2), line(7, 20)])
    early = dt.datetime(2026, 7, 10)  # noqa: DTZ001 — wall-clock
    assert nights.night(2, read_at=early).report.by_rule == {"occurred_at_after_reading": 1}
    nights.day("2026-07-03", [line(12, 3)])
    nights.night(1, read_at=early + dt.timedelta(days=1))
    assert nights.night(1, read_at=READ_AT).report.rejected == 0
    nights.night(1, read_at=early + dt.timedelta(days=1))  # the clock went back


def test_an_expression_over_several_rows_reads_all_files(nights: Nights) -> None:
    nights.columns["quantity"] = "count(*) OVER (PARTITION BY who)"
    nights.night(2)
    nights.day("2026-07-03", [line(12, 3)])
    nights.night(3)


def test_too_many_rejected_rows_are_refused_as_ever(nights: Nights) -> None:
    nights.limit = 0.2
    nights.night(2)
    nights.day("2026-07-03", [line(number, 3, euros="?") for number in range(20, 24)])
    with pytest.raises(DataRefused, match="4 of 16 rows") as expected:
        nights.read(nights.folder / "fresh", READ_AT, {})
    with pytest.raises(DataRefused) as refused:
        nights.read(nights.folder / "kept", READ_AT, nights.earlier)
    assert str(refused.value) == str(expected.value)


def test_the_types_of_parquet_files_count(nights: Nights) -> None:
    for old in (nights.folder / "raw").iterdir():
        old.unlink()

    def day(number: int, euros: pa.Array) -> None:
        at = dt.datetime(2026, 7, number)  # noqa: DTZ001 — wall-clock
        rows = {"who": ["c1"], "order": [f"o{number}"], "line": [number], "at": [at], "known": [at]}
        table = pa.table({**rows, "euros": euros, "note": ["a"]})
        pq.write_table(table, nights.folder / "raw" / f"{number:02}.parquet")

    day(1, pa.array([5]))
    nights.night(1)
    day(2, pa.array([6]))
    nights.night(1)
    day(3, pa.array([6.5]))
    nights.night(3)
    day(4, pa.array([7]))
    nights.night(1)


def run_here(work: Callable[[Any], Any], tasks: Iterable[Any]) -> list[Any]:
    """The tasks of a table one after the other, in this process."""
    return [work(task) for task in tasks]


@pytest.mark.parametrize("tasks", [None, run_here])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_changes_from_night_to_night(
    tmp_path: Path, seed: int, tasks: Callable[..., Any] | None
) -> None:
    """Few keys in many files, of which some are added, changed and removed."""
    draw = random.Random(seed)
    columns = {"customer_id": "id", "consent": "ok", "valid_from": "since"}
    nights = Nights(tmp_path, "customers", columns, limit=1, tasks=tasks)
    number = 0

    def change() -> None:
        nonlocal number
        consents, days = ("yes", "no", "", "?"), ("2026-01-01", "2026-07-12")
        rows = [
            f"c{draw.randrange(5)},{draw.choice(consents)},{draw.choice(days)}"
            for _ in range(draw.randrange(5))
        ]
        nights.day(f"{draw.randrange(6)}-{number // 9}", ["x,yes,2026-01-01", *rows], "id,ok,since")
        number += 1

    for _ in range(3):
        change()
    for night in range(5):
        nights.night(None, read_at=dt.datetime(2026, 7, 10 + night))  # noqa: DTZ001 — wall-clock
        change()
        files = sorted((tmp_path / "raw").iterdir())
        if len(files) > 2 and draw.random() < 0.2:
            draw.choice(files).unlink()


def test_files_of_a_joined_table_are_read_again_with_it(nights: Nights) -> None:
    """An invoice counts as unused only if no line of any file belongs to it, so all lines are read again."""
    heads = nights.folder / "heads.csv"
    heads.write_text("no,via\n" + "".join(f"o{number},web\n" for number in range(14)))
    nights.table = {"join": {"heads": {"read": str(heads), "key": {"order": "no"}}}}
    nights.columns["channel"] = "heads.via"
    assert nights.night(2).report.unused == {"heads": 2}
    nights.night(0)
    nights.day("2026-07-03", [line(number, 3) for number in range(12, 15)])
    third = nights.night(3).report
    assert (third.unused, third.unmatched) == ({"heads": 0}, {"heads": 1})
    heads.write_text(heads.read_text().replace("o3,web", "o3,shop"))
    nights.night(3)
    assert nights.validated()["channel"].to_pylist().count("shop") == 1
