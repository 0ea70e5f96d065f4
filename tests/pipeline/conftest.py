"""The command as a user calls it; a company that is simulated, trained and scored once; shops."""

import contextlib
import csv
import datetime as dt
import io
import random
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.tracked import Tracked
from holdfast.cli import main
from holdfast.errors import LockHeld
from holdfast.files import MANIFEST, read_json
from holdfast.runtime.tracking.stores import answering

TRAINED = "2026-04-06"
SCORED = ("2026-04-06", "2026-05-04", "2026-06-01")  # the middle one is scored last
SIZE = ("demo.customers=600", "demo.truth_weeks=16", "demo.truth_draws=1")

Order = tuple[str, str, dt.datetime, float]


class Called(NamedTuple):
    """What came of a call."""

    code: int
    out: str
    err: str

    @property
    def block(self) -> str:
        """The error block, without what was said before it."""
        return self.err[self.err.index("holdfast: ") :]


Call = Callable[..., Called]


def run_command(*words: object) -> Called:
    """One call of `holdfast`, in this process; it waits while another test runs below the same root."""
    called = run_once(*words)
    for _ in range(60):
        if called.code != LockHeld.exit_code:
            break
        time.sleep(1)
        called = run_once(*words)
    return called


def run_once(*words: object) -> Called:
    """One call of `holdfast`, in this process, whatever it comes to."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main([str(word) for word in words])
    return Called(code, out.getvalue(), err.getvalue())


def run_of(root: Path, folder: Path) -> str:
    """The MLflow run of the artifact in a folder, in the store below the root."""
    manifest = read_json(folder.resolve() / MANIFEST)
    run = Tracked(Root(root, ""), f"sqlite:///{root.resolve() / 'mlflow.db'}").run_of(manifest["fingerprint"])
    assert run is not None
    return run


def labels_by_day(folder: Path) -> tuple[pd.DataFrame, dict[dt.date, dict[str, int]]]:
    """The rows of the one training in a folder of features; and for each date, customer → churned."""
    (training,) = folder.glob("train-*")
    rows = pd.concat(pd.read_parquet(part) for part in training.glob("part-*.parquet"))
    days = [dt.date.fromisoformat(day) for day in read_json(training / MANIFEST)["dates"]]
    dated = {day: rows[rows["as_of"] == day] for day in days}
    return rows, {
        day: dict(zip(labels["customer_id"], labels["churned"].astype(int), strict=True))
        for day, labels in dated.items()
    }


def mlflow_client(root: Path) -> Any:
    """A client of the store below the root; what MLflow warns of when it is imported is not for us."""
    uri = f"sqlite:///{root / 'mlflow.db'}"
    with answering(uri):
        from mlflow import MlflowClient

        client = MlflowClient(uri)
        client.get_experiment_by_name("holdfast")
    return client


@pytest.fixture(scope="session")
def holdfast() -> Call:
    """`holdfast("train", "key=value", …)`."""
    return run_command


def build_company(root: Path) -> None:
    """A small demo company; a model as of TRAINED; a list for each date of SCORED."""
    place = f"paths.root={root}"
    calls = [("simulate", *SIZE), ("train", f"as_of={TRAINED}")]
    calls += [("score", f"as_of={SCORED[at]}") for at in (0, 2, 1)]
    for words in calls:
        called = run_command(*words, place)
        assert called.code == 0, called.err


@pytest.fixture(scope="session")
def company(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The root of the company: only read it, and run in it only what changes nothing."""
    return built_once("company", build_company)


class Shop:
    """A shop's export with odd column names, and the one source file that is written for it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.conf = folder / "conf"
        self.orders = folder / "export.csv"
        self.source = self.conf / "source" / "shop.yaml"
        self.source.parent.mkdir(parents=True, exist_ok=True)
        if not self.source.exists():
            self.write_source()

    def write_source(self, **changes: str) -> None:
        """The source file; `changes`: contract column → another column or expression."""
        columns = {
            "customer_id": '"Kund Nr"',
            "transaction_id": '"Beleg#"',
            "occurred_at": '"Wann?"',
            "amount": '"Brutto €"',
            **changes,
        }
        mapped = "\n".join(f"      {name}: '{raw}'" for name, raw in columns.items() if raw)
        text = (
            f"historical: true\ntables:\n  transactions:\n    read: {self.orders}\n    columns:\n{mapped}\n"
        )
        self.source.write_text(text, encoding="utf-8")

    def write(self, orders: Iterable[Order], date_format: str = "%Y-%m-%d %H:%M:%S") -> None:
        """The export."""
        with self.orders.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["Kund Nr", "Beleg#", "Wann?", "Brutto €"])
            writer.writerows(
                (who, order, at.strftime(date_format), amount) for who, order, at, amount in orders
            )

    def copy(self, folder: Path) -> "Shop":
        """The shop with all its results in another folder; it reads the same export."""
        shop = Shop(folder)
        shutil.copytree(self.root, shop.root, symlinks=True)
        shutil.copyfile(self.source, shop.source)
        shop.orders = self.orders
        return shop

    def call(self, stage: str, *words: object) -> Called:
        """A stage on this shop, without tracking."""
        return run_command(
            stage, "source=shop", "tracking=off", f"paths.root={self.root}", *words, "--config-dir", self.conf
        )

    def left_behind(self) -> list[str]:
        """All files below the root but locks and caches."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if not path.is_dir() and ".cache" not in path.parts and path.name != ".holdfast.lock"
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop without orders yet."""
    return Shop(tmp_path)


def rhythmic_orders(customers: int = 150, days: int = 400, seed: int = 5) -> list[Order]:
    """Customers who buy in a rhythm of their own until, one day, they stop. The ids lead with zeros."""
    draw = random.Random(seed)
    end = dt.datetime.fromisoformat("2024-06-01")
    orders: list[Order] = []
    for customer in range(customers):
        rhythm = draw.choice([3, 6, 12, 30, 45])
        at = end - dt.timedelta(days=days - draw.uniform(0, days * 0.6))
        stop = at + dt.timedelta(days=draw.expovariate(1 / 260))
        while at < min(end, stop):
            orders.append((f"{customer:05d}", f"R{len(orders)}", at, round(draw.lognormvariate(3, 0.6), 2)))
            at += dt.timedelta(days=rhythm * draw.uniform(0.8, 1.2))
    return sorted(orders, key=lambda order: order[2])


@pytest.fixture
def rhythmic() -> Callable[..., list[Order]]:
    """`rhythmic_orders`."""
    return rhythmic_orders
