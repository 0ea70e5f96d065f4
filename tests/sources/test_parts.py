"""Tables that grew: what was added to what stood is what reading all of it again gives."""

import datetime as dt
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
from holdfast.sources import inference
from holdfast.sources.growing import Standing
from holdfast.sources.ingest import Taken, ingest
from holdfast.sources.inputs import table_hashes
from holdfast.sources.reading import Reading
from holdfast.sources.report import TableReport
from holdfast.sources.settings import SourceSettings
from holdfast.storage import sha256_file

READ_AT = dt.datetime(2026, 8, 1)  # noqa: DTZ001 — wall-clock of the source's zone
HEADER = "who,order,line,at,known,euros,note"
FILE = "transactions.parquet"


def line(number: int, day: int, *, known: int | None = None, euros: str = "10", note: str = "a") -> str:
    """Line `number` of day `day`; known on the day `known`, else on its own."""
    at, seen = f"2026-07-{day:02} 10:00", f"2026-07-{known or day:02} 23:00"
    return f"c{number % 3},o{number},l{number},{at},{seen},{euros},{note}"


@dataclass
class Nights:
    """A folder with a file a day, read night after night.

    Attributes:
        columns: further mapped columns, or others for those that are mapped.
        stands: what the last night left behind.
    """

    folder: Path
    columns: dict[str, str] = field(default_factory=dict)
    table: dict[str, Any] = field(default_factory=dict)
    limit: float = 0.5
    stands: dict[str, Standing] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def day(self, name: str, lines: Iterable[str], header: str = HEADER) -> None:
        (self.folder / "raw").mkdir(exist_ok=True)
        text = "\n".join([header, *lines]) + "\n" if header else ""
        (self.folder / "raw" / f"{name}.csv").write_text(text, encoding="utf-8")

    def read(self, out: Path, read_at: dt.datetime, standing: dict[str, Standing]) -> Taken:
        columns = {"customer_id": "who", "transaction_id": "order", "line_id": "line", "occurred_at": "at"}
        columns |= {"known_at": "known", "amount": "euros"} | self.columns
        table = {"read": str(self.folder / "raw"), "columns": columns} | self.table
        source = SourceSettings(name="test", tables={"transactions": table})
        limits = ContractSettings(max_rejected_share=self.limit)
        self.said.clear()
        with open_engine(EngineSettings(memory="1GB"), out / "temporary", 2) as engine:
            (taken,) = ingest(
                engine, source, limits, out / "validated", out / "rejected", out / "temporary", read_at,
                self.said.append, hashes=table_hashes(source), standing=standing,
            )  # fmt: skip
        return taken

    def night(self, *, grows: bool, read_at: dt.datetime = READ_AT, ordered: bool = True) -> Taken:
        """Read where the last night's files stand, and from nothing: both must come to the same."""
        number = len(list(self.folder.glob("night-*")))
        out, fresh = self.folder / f"night-{number}", self.folder / f"fresh-{number}"
        expected = self.read(fresh, read_at, {})
        taken = self.read(out, read_at, self.stands)
        whole = any("writing" in text for text in self.said)
        assert whole != grows, self.said
        assert taken.report == expected.report
        assert taken.reading.every == expected.reading.every
        found, wanted = contents(out), contents(fresh)
        assert found == wanted if ordered else found.sort_by("line_id") == wanted.sort_by("line_id")
        assert (out / "rejected" / FILE).read_bytes() == (fresh / "rejected" / FILE).read_bytes()
        reading = Reading(**taken.reading.to_dict())
        files = out / "validated" / FILE, out / "rejected" / FILE
        report = TableReport(**taken.report.to_dict())
        self.stands = {"transactions": Standing(reading, report, *files, sha256_file(files[0]))}
        return taken


def contents(out: Path) -> pa.Table:
    return pq.read_table(out / "validated" / FILE)


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """Two days, read once; types are narrowed down by the first four rows."""
    monkeypatch.setattr(inference, "FIRST_ROWS", 4)
    found = Nights(tmp_path)
    found.day("2026-07-01", [line(number, 1) for number in range(6)])
    found.day("2026-07-02", [line(number, 2) for number in range(6, 12)])
    return found


def test_only_the_new_file_is_read(nights: Nights) -> None:
    first = nights.night(grows=False)
    nights.day("2026-07-03", [line(12, 3), line(13, 1, known=3), "c1,o14,l14,never,2026-07-03,1,a"])
    second = nights.night(grows=True)
    assert "transactions: reading 1 of 3 files" in nights.said
    assert (first.report.accepted, second.report.accepted) == (12, 14)
    assert second.report.by_rule == {"occurred_at_unreadable": 1}
    assert list(second.reading.grown_from.values()) == [12]
    nights.day("2026-07-04", [line(15, 4)])
    third = nights.night(grows=True)
    assert list(third.reading.grown_from.values()) == [12, 14]
    assert third.report.read == 16


def test_nothing_new_leaves_the_files_as_they_are(nights: Nights) -> None:
    nights.night(grows=False)
    before = nights.stands["transactions"].digest
    nights.night(grows=True)
    assert nights.stands["transactions"].digest == before


@pytest.mark.parametrize("header", ["", HEADER])
def test_an_empty_new_file_adds_nothing(nights: Nights, header: str) -> None:
    nights.night(grows=False)
    nights.day("2026-07-03", [], header)
    assert nights.night(grows=True).report.read == 12
    nights.day("2026-07-04", [line(12, 4)])
    assert nights.night(grows=True).report.read == 13


def test_lines_that_cannot_be_split_add_up(nights: Nights) -> None:
    nights.day("2026-07-02", [line(6, 2), "one,two", *(line(number, 2) for number in range(7, 12))])
    nights.night(grows=False)
    nights.day("2026-07-03", ["one,two,three", line(12, 3), "one"])
    assert nights.night(grows=True).report.by_rule == {"malformed_line": 3}


CHANGES: dict[str, Callable[[Nights], object]] = {
    "a corrected old file": lambda nights: nights.day(
        "2026-07-02", [line(number, 2) for number in range(6, 11)]
    ),
    "a removed file": lambda nights: (nights.folder / "raw" / "2026-07-02.csv").unlink(),
    "a file among the first rows": lambda nights: nights.day("2026-06-30", [line(20, 1)]),
    "a new column": lambda nights: nights.day("2026-07-03", [f"{line(20, 3)},b"], f"{HEADER},more"),
    "a column less": lambda nights: nights.day(
        "2026-07-03", [line(20, 3).rpartition(",")[0]], HEADER.rpartition(",")[0]
    ),
    "an earlier known row of a key": lambda nights: nights.day("2026-07-03", [line(8, 1)]),
    "another mapping": lambda nights: nights.columns.update(channel="note"),
    "another condition": lambda nights: nights.table.update(where="note = 'a'"),
    "a file in another folder": lambda nights: nights.day("../raw/more/2026-07-03", [line(20, 3)]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_change_more_than_new_rows_is_read_from_nothing(nights: Nights, change: str) -> None:
    (nights.folder / "raw" / "more").mkdir(parents=True)
    nights.night(grows=False)
    CHANGES[change](nights)
    nights.night(grows="another folder" in change)


def test_the_first_known_row_of_a_key_stays(nights: Nights) -> None:
    nights.night(grows=False)
    # the key of the day before, twice the same new key, and a key that the day before rejected
    nights.day("2026-07-03", [line(8, 2, known=3), line(12, 3), line(12, 3, known=4)])
    taken = nights.night(grows=True)
    assert taken.report.by_rule == {"duplicate_key": 2}
    nights.day("2026-07-04", [line(12, 3)])  # as early known as the one that stands, but of a later file
    assert nights.night(grows=True).report.by_rule == {"duplicate_key": 3}


def test_a_no_in_a_new_file_counts_for_the_row_that_stands(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    standing: dict[str, Standing] = {}
    raw.mkdir()
    table = {"read": str(raw), "columns": {"customer_id": "id", "consent": "ok"}}
    source = SourceSettings(name="test", tables={"customers": table})
    for night, (text, expected) in enumerate(
        [
            ("c1,yes\nc2,no\n", [True, False]),
            ("c1,yes\nc2,yes\n", [True, False]),  # who said no has said no
            ("c1,no\n", [False, False]),
            ("c3,yes\n", [False, False, True]),
        ]
    ):
        (raw / f"{night}.csv").write_text(f"id,ok\n{text}", encoding="utf-8")
        out = tmp_path / f"night-{night}"
        with open_engine(EngineSettings(memory="1GB"), out / "temporary", 2) as engine:
            (taken,) = ingest(
                engine, source, ContractSettings(max_rejected_share=0.9), out / "v", out / "r",
                out / "temporary", READ_AT, lambda _: None, hashes=table_hashes(source), standing=standing,
            )  # fmt: skip
        files = out / "v" / "customers.parquet", out / "r" / "customers.parquet"
        assert pq.read_table(files[0])["consent"].to_pylist() == expected
        standing = {"customers": Standing(taken.reading, taken.report, *files, sha256_file(files[0]))}
    assert taken.report.overruled == 1


def test_an_equally_early_row_of_a_file_in_between_is_not_judged(nights: Nights) -> None:
    nights.day("2026-07-09", [line(30, 9)])
    nights.night(grows=False)
    nights.day("2026-07-05", [line(31, 5)])
    nights.night(grows=True, ordered=False)  # other keys: the same rows, the new ones last
    nights.day("2026-07-06", [line(30, 9)])
    nights.night(grows=False)


def test_types_that_change_are_read_from_nothing(nights: Nights) -> None:
    nights.columns["channel"] = "note || ''"
    nights.columns["amount"] = "euros * 2"
    nights.night(grows=False)
    nights.day("2026-07-03", [line(12, 3, euros="11")])
    nights.night(grows=True)
    nights.day("2026-07-04", [line(13, 4, euros="11.5")])  # whole numbers no more
    nights.night(grows=False)
    nights.day("2026-07-05", [line(14, 5, euros="11.5")])
    assert nights.night(grows=True).report.accepted == 15


def test_ids_written_with_a_point(nights: Nights) -> None:
    nights.columns["product_id"] = "note"
    nights.day("2026-07-01", [line(number, 1, note="7") for number in range(6)])
    nights.day("2026-07-02", [line(6, 2, note="8")])
    nights.night(grows=False)
    nights.day("2026-07-03", [line(12, 3, note="7.0")])  # all of them were written by a float column
    nights.night(grows=False)
    nights.day("2026-07-04", [line(13, 4, note="17.0")])
    nights.night(grows=True)
    assert contents(nights.folder / "night-2")["product_id"].to_pylist()[-2:] == ["7", "17"]


def test_rows_of_the_future_come_in_when_it_has_come(nights: Nights) -> None:
    nights.day("2026-07-02", [line(6, 2), line(7, 20)])
    early = dt.datetime(2026, 7, 10)  # noqa: DTZ001 — wall-clock
    assert nights.night(grows=False, read_at=early).report.by_rule == {"occurred_at_after_reading": 1}
    nights.day("2026-07-03", [line(12, 3)])
    nights.night(grows=True, read_at=early + dt.timedelta(days=1))
    assert nights.night(grows=False, read_at=READ_AT).report.rejected == 0


def test_an_expression_over_several_rows_is_read_from_nothing(nights: Nights) -> None:
    nights.columns["quantity"] = "count(*) OVER (PARTITION BY who)"
    nights.night(grows=False)
    nights.day("2026-07-03", [line(12, 3)])
    nights.night(grows=False)


def test_too_many_rejected_rows_are_refused_as_ever(nights: Nights) -> None:
    nights.limit = 0.2
    nights.night(grows=False)
    nights.day("2026-07-03", [line(number, 3, euros="?") for number in range(20, 24)])
    with pytest.raises(DataRefused, match="4 of 16 rows"):
        nights.night(grows=True)


def test_parquet_grows_and_its_types_count(nights: Nights) -> None:
    for old in (nights.folder / "raw").iterdir():
        old.unlink()

    def day(number: int, euros: pa.Array) -> None:
        at = dt.datetime(2026, 7, number)  # noqa: DTZ001 — wall-clock
        rows = {"who": ["c1"], "order": [f"o{number}"], "line": [number], "at": [at], "known": [at]}
        table = pa.table({**rows, "euros": euros, "note": ["a"]})
        pq.write_table(table, nights.folder / "raw" / f"{number:02}.parquet")

    day(1, pa.array([5]))
    nights.night(grows=False)
    day(2, pa.array([6]))
    nights.night(grows=True)
    day(3, pa.array([6.5]))
    nights.night(grows=False)
