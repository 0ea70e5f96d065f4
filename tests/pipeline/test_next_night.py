"""The next night: only what is new is read, and everything comes to what a run from nothing comes to.

Compared are the bytes of the validated and the rejected rows, the counts, the facts of every bucket, the
bytes of every part of the features and of the scores, and the list but for its run id.
"""

import csv
import datetime as dt
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from tests.pipeline.conftest import Shop, rhythmic_orders

QUESTION = ("churn.horizon_days=30", "churn.active_within_days=90", "timeline.snapshots=4", "model.n_bags=1")
SOURCE = """
currency: EUR
tables:
  transactions:
    read: {raw}/lines
    columns: {{customer_id: who, transaction_id: order, line_id: line, occurred_at: at, known_at: known,
              amount: pieces * price, quantity: pieces, product_id: sku}}
  tickets:
    read: {raw}/tickets.csv
    columns: {{customer_id: who, ticket_id: id, opened_at: opened, resolved_at: closed}}
"""
HEADER = ("line", "who", "order", "at", "known", "pieces", "price", "sku")
DAY_ONE = dt.datetime.fromisoformat("2024-06-01")
KILLED = """
import os, sys
from holdfast import cli

left, replace = int(sys.argv[1]), os.replace

def last_moves(source, target):
    global left
    if "data/validated" in str(target) or "data/rejected" in str(target) or "streams" in str(target):
        left -= 1
        if left < 0:
            os._exit(9)
    replace(source, target)

os.replace = last_moves
sys.exit(cli.main(sys.argv[2:]))
"""

Line = tuple[object, ...]


class Nights:
    """A shop with a file of lines a night and a file of tickets that is rewritten."""

    def __init__(self, shop, orders):
        self.shop = shop
        self.raw: Path = shop.root.parent / "raw"
        (self.raw / "lines").mkdir(parents=True)
        shop.source.write_text(SOURCE.format(raw=self.raw), encoding="utf-8")
        draw = random.Random(3)
        self.lines = [
            (
                place,
                who,
                order,
                at,
                at + dt.timedelta(hours=1),
                draw.randint(1, 3),
                amount,
                f"P{draw.randrange(9)}",
            )
            for place, (who, order, at, amount) in enumerate(orders)
        ]
        self.next = len(self.lines)
        self.write("2024-01-01", [line for line in self.lines if line[3] < DAY_ONE - dt.timedelta(days=30)])
        self.write("2024-05-31", [line for line in self.lines if line[3] >= DAY_ONE - dt.timedelta(days=30)])
        self.tickets("open")

    def write(self, name: str, lines: Iterable[Line], header=HEADER) -> None:
        with (self.raw / "lines" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *lines])

    def tickets(self, state: str) -> None:
        closed = "" if state == "open" else "2024-06-01 08:00:00"
        rows = [(f"{number:05d}", f"T{number}", "2024-05-20 09:00:00", closed) for number in range(40)]
        with (self.raw / "tickets.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("who", "id", "opened", "closed"), *rows])

    def line(self, at: str, *, known: str = "", sku: str = "P1", price: float = 9.0) -> Line:
        self.next += 1
        who = f"{self.next % 150:05d}"
        return (self.next, who, f"N{self.next}", at, known or at, 1, price, sku)

    def night(self, day: int) -> None:
        """A file of the night before the `day`th of June, with a late line among those of its day."""
        at = f"2024-06-{day - 1:02}"
        lines = [self.line(f"{at} {hour:02}:00:00", sku=f"P{hour % 12}") for hour in range(8, 20)]
        late = self.line("2024-05-30 12:00:00", known=f"{at} 12:00:00")
        self.write(at, [*lines, late])

    def call(self, stage: str, day: int, *words: str, root: Path | None = None):
        place = [] if root is None else [f"paths.root={root}"]
        called = self.shop.call(
            stage, *QUESTION, "engine.buckets=3", f"as_of=2024-06-{day:02}", *words, *place
        )
        assert called.code == 0, called.err
        return called

    def fresh(self) -> Path:
        """A root of its own that has nothing of the data."""
        number = len(list(self.raw.parent.glob("fresh-*")))
        return self.raw.with_name(f"fresh-{number}")

    def from_nothing(self, stage: str, day: int, root: Path | None = None) -> dict[str, object]:
        """What a stage comes to where nothing of the data stands."""
        fresh = root or self.fresh()
        self.call(stage, day, root=fresh)
        return contents(fresh, day)

    def same(self, stage: str, day: int, root: Path | None = None) -> str:
        """Run a stage where the last night's files stand, and from nothing; what the first one said."""
        said: str = self.call(stage, day).err
        assert contents(self.shop.root, day) == self.from_nothing(stage, day, root)
        return said


def contents(root: Path, day: int) -> dict[str, object]:
    """What two runs must agree in, by name."""
    data = root / "data"
    found: dict[str, object] = {}
    for part in sorted(data.glob("*/shop/*.parquet/part-*.parquet")):
        found[part.relative_to(data).as_posix()] = part.read_bytes()
    tables = json.loads((data / "validated/shop/manifest.json").read_text(encoding="utf-8"))["tables"]
    found["counts"] = {
        name: {key: value for key, value in report.items() if key != "profile_before"}
        for name, report in tables.items()
    }
    streams = data / "features/shop/streams"
    buckets = json.loads((streams / "manifest.json").read_text(encoding="utf-8"))["buckets"]
    for folder in sorted({path.parent for path in streams.glob("*/part-*.arrow")}):
        parts = [pa.ipc.open_file(path) for path in sorted(folder.glob("*.arrow"))]
        for bucket in range(buckets):
            facts = pa.Table.from_batches(
                part.get_batch(at) for part in parts for at in range(bucket, part.num_record_batches, buckets)
            )
            order = [(name, "ascending") for name in facts.column_names]
            found[f"{folder.name} {bucket}"] = facts.sort_by(order).to_pylist()
    folders = data / f"features/shop/train-2024-06-{day:02}", data / f"scores/2024-06-{day:02}/model_input"
    for part in sorted(part for folder in folders for part in folder.glob("part-*.parquet")):
        found[f"{part.parent.name} {part.name}"] = part.read_bytes()
    for file in data.glob(f"scores/2024-06-{day:02}/scores.parquet"):
        found["scores"] = file.read_bytes()
    for file in data.glob(f"at_risk/2024-06-{day:02}/at_risk.csv"):
        found["list"] = pd.read_csv(file, dtype=str).drop(columns="run_id").to_csv()
    return found


def inodes(root: Path, below: str) -> dict[str, int]:
    folder = root / "data" / below
    return {
        str(file.relative_to(folder)): file.stat().st_ino
        for file in folder.rglob("*.*")
        if file.is_file() and file.suffix != ".json"
    }


@pytest.fixture
def nights(shop, rhythmic):
    return Nights(shop, rhythmic())


@pytest.fixture(scope="module")
def after_first(tmp_path_factory):
    """A shop after the features of its first night, and a copy of its folder."""
    folder = tmp_path_factory.mktemp("nights") / "shop"
    nights = Nights(Shop(folder), rhythmic_orders())
    nights.call("features", 1)
    kept = shutil.copytree(folder, folder.with_name("kept"), symlinks=True)
    return nights, kept, nights.next


@pytest.fixture
def second(after_first):
    """The shop as it was after the first night, at the same place: the paths of its files are settings."""
    nights, kept, line = after_first
    folder = nights.raw.parent
    shutil.rmtree(folder)
    shutil.copytree(kept, folder, symlinks=True)
    nights.next = line
    return nights


@pytest.fixture(scope="module")
def two_more(after_first):
    """What the second and the third night come to from nothing."""
    nights, kept, line = after_first
    shutil.rmtree(nights.raw.parent)
    shutil.copytree(kept, nights.raw.parent, symlinks=True)
    nights.next, found = line, {}
    for day in (2, 3):
        nights.night(day)
        found[day] = nights.from_nothing("features", day)
    return found


def test_a_new_day_comes_to_the_same_list(nights):
    nights.call("train", 1)
    nights.call("score", 1)
    for day in (2, 3):
        fresh = nights.fresh()
        for part in ("models", "data/at_risk", "data/holdout"):
            shutil.copytree(nights.shop.root / part, fresh / part, symlinks=True)
        nights.night(day)
        said = nights.same("score", day, fresh)
        assert f"transactions: reading 1 of {day + 1} files" in said
        assert "tickets: reading" not in said
        assert "transactions: adding 1 new part" in said
        found = contents(nights.shop.root, day)
        assert {"scores", "list"} <= set(found)
        assert len([name for name in found if name.startswith("model_input ")]) == 3
    files = inodes(nights.shop.root, "features/shop/streams/transactions")
    assert {name.rpartition("/")[2][:8] for name in files} == {"part-000", "part-001", "part-002"}


def test_what_did_not_change_is_the_same_file(second):
    streams = inodes(second.shop.root, "features/shop/streams")
    tables = inodes(second.shop.root, "validated/shop")
    second.night(2)
    second.same("features", 2)
    after = inodes(second.shop.root, "features/shop/streams")
    assert {
        name: after[name] for name in streams if name != "first_prices.parquet"
    }.items() <= streams.items()
    parts = {name: node for name, node in tables.items() if name not in ("arrivals.parquet", "report.html")}
    assert parts
    assert parts.items() <= inodes(second.shop.root, "validated/shop").items()


def test_tickets_that_were_resolved_are_a_table_of_their_own(second):
    before = inodes(second.shop.root, "features/shop/streams/transactions")
    second.tickets("resolved")
    said = second.same("features", 2)
    assert "transactions: reading" not in said
    assert inodes(second.shop.root, "features/shop/streams/transactions") == before


@pytest.mark.parametrize(
    ("known", "price", "adds"),
    [
        ("2023-01-01 12:00:00", 50.0, False),  # before all: the product's first price is another one
        ("2024-06-01 12:00:00", 0.5, True),
    ],
)
def test_a_late_row_that_changes_first_prices(second, known, price, adds):
    second.write("2024-06-01", [second.line("2023-01-01 11:00:00", known=known, price=price, sku="P2")])
    said = second.same("features", 2)
    assert "transactions: reading 1 of 3 files" in said
    assert ("transactions: adding 1 new part" in said) == adds


def test_validated_twice_before_the_streams_are_added_to(second):
    for day in (2, 3):
        second.night(day)
        second.call("validate", day)
    assert "transactions: adding 2 new parts" in second.same("features", 3)


def test_a_corrected_file_and_a_removed_one(second):
    second.night(2)
    second.same("features", 2)
    second.night(2)  # with other lines
    assert "adding" not in second.same("features", 2)
    (second.raw / "lines" / "2024-06-01.csv").unlink()
    assert "adding" not in second.same("features", 1)


def test_a_log_that_outgrows_its_buckets_is_sorted_anew(second):
    second.night(2)
    said = second.call("features", 2, "engine.buckets=5").err
    assert "transactions: adding 1 new part" not in said
    names = inodes(second.shop.root, "features/shop/streams/transactions")
    assert set(names) == {"part-000.arrow"}  # one part: as if written for the first time
    manifest = second.shop.root / "data/features/shop/streams/manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["buckets"] == 5


def test_force_begins_with_nothing(second):
    second.night(2)
    assert "adding" not in second.call("features", 2, "force=true").err


def test_a_changed_byte_of_what_stands_is_not_built_upon(second):
    file = next((second.shop.root / "data/features/shop/streams/transactions").rglob("*.arrow"))
    file.write_bytes(file.read_bytes()[:-9] + b"x" + file.read_bytes()[-8:])
    rows = second.shop.root / "data/rejected/shop/transactions.parquet/part-00000.parquet"
    rows.write_bytes(rows.read_bytes() + b"x")
    second.night(2)
    assert "adding" not in second.same("features", 2)


@pytest.mark.parametrize("moves", range(6))
def test_killed_while_folders_change_places(second, two_more, moves):
    """Rejected, validated and streams: each is moved aside, and the new one in; killed before each move."""
    second.night(2)
    words = ["features", "source=shop", "tracking=off", f"paths.root={second.shop.root}", "--config-dir"]
    words += [str(second.shop.conf), *QUESTION, "engine.buckets=3", "as_of=2024-06-02"]
    command = [sys.executable, "-c", KILLED, str(moves), *words]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr
    second.call("features", 2)
    assert contents(second.shop.root, 2) == two_more[2]
    assert not [name for name in second.shop.left_behind() if ".tmp" in name]
    second.night(3)
    assert "transactions: adding 1 new part" in second.call("features", 3).err
    assert contents(second.shop.root, 3) == two_more[3]
