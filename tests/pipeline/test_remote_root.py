"""Large files at an address: the results of a folder, nothing made twice, and no leftover that is read."""

import csv
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pytest
from tests.pipeline.conftest import Order, rhythmic_orders, run_command
from tests.spark import MASTER, needs_spark, spark_engine
from tests.webhdfs import webhdfs_server

from holdfast.artifacts.artifact import Artifact
from holdfast.artifacts.features import Features
from holdfast.artifacts.scores import Scores
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables

pytestmark = [needs_spark, pytest.mark.slow]

Kind = TypeVar("Kind", bound=Artifact)
SCORED, NEXT = "2024-05-01", "2024-05-29"
ORDERS, EARLY = rhythmic_orders(90, 300), dt.datetime.fromisoformat(SCORED)
SMALL = (
    "churn.horizon_days=28", "churn.active_within_days=56", "features.windows_days=[28,84]", "model.n_bags=1",
    "timeline.snapshots=3", "engine.buckets=2", "tracking=off", "source=shop",
)  # fmt: skip
SPARK = ("engine=spark", f"engine.master={MASTER}")
SOURCE = """
tables:
  transactions:
    read: {folder}/orders*.csv
    columns: {{customer_id: who, transaction_id: id, occurred_at: at, amount: money}}
"""


class Company:
    """A shop whose large files lie at an address, or in the folder of everything else."""

    def __init__(self, folder: Path, raw: Path, address: str | None) -> None:
        self.raw, self.conf, self.local = raw, folder / "conf", folder / "local"
        self.place = [f"paths.local={self.local}", f"paths.root={address or self.local}"]
        (self.conf / "source").mkdir(parents=True)
        (self.conf / "source" / "shop.yaml").write_text(SOURCE.format(folder=raw))

    def call(self, *words: str, code: int = 0, engine: tuple[str, ...] = SPARK) -> str:
        """What a command prints; it must end with `code`."""
        called = run_command(*words, *SMALL, *engine, *self.place, "--config-dir", self.conf)
        assert called.code == code, called.err
        return called.out + called.err

    @property
    def streams(self) -> Streams:
        return opened(Streams, self.local / "data" / "features" / "shop" / "streams")

    @property
    def features(self) -> Features:
        (folder,) = (self.local / "data" / "features" / "shop").glob("train-*")
        return opened(Features, folder)

    def scores(self, day: str) -> Scores:
        return opened(Scores, self.local / "data" / "scores" / day)


def opened(kind: type[Kind], folder: Path) -> Kind:
    artifact = kind.open(folder)
    assert artifact is not None, folder
    return artifact


def write(orders: list[Order], file: Path) -> None:
    with file.open("w", newline="") as text:
        csv.writer(text).writerows([("who", "id", "at", "money"), *orders])


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, Company, Path]]:
    """The same shop at an address and in a folder, trained and scored; and the folder behind the address."""
    spark_engine()
    folder = tmp_path_factory.mktemp("remote")
    raw, store = folder / "raw", folder / "store"
    raw.mkdir()
    write([order for order in ORDERS if order[2] < EARLY], raw / "orders-1.csv")
    with webhdfs_server(store) as address:
        remote = Company(folder / "remote", raw, f"{address}/a bucket/churn")
        in_folder = Company(folder / "folder", raw, None)
        for company in (remote, in_folder):
            company.call("train")
            company.call("score", f"as_of={SCORED}")
        yield remote, in_folder, store / "a bucket" / "churn"


def same(one: pa.Table, other: pa.Table) -> None:
    """All columns are equal, numbers to 1e-9."""
    assert one.column_names == other.column_names
    assert one.num_rows == other.num_rows > 40
    for name in one.column_names:
        if pa.types.is_floating(one[name].type):
            np.testing.assert_allclose(one[name].to_numpy(), other[name].to_numpy(), rtol=1e-9, atol=1e-9)
        elif name != "model_version":  # the end of its name is a hash of its inputs
            assert one[name].to_pylist() == other[name].to_pylist(), name


def test_features_and_scores_are_those_of_a_folder(companies: tuple[Company, Company, Path]) -> None:
    remote, in_folder, store = companies
    same(remote.features.table(), in_folder.features.table())
    same(remote.scores(SCORED).table(), in_folder.scores(SCORED).table())
    same(remote.scores(SCORED).model_input(), in_folder.scores(SCORED).model_input())
    listed = [
        (company.local / "data" / "at_risk" / SCORED / "at_risk.csv").read_text().splitlines()
        for company in (remote, in_folder)
    ]
    assert len(listed[0]) == len(listed[1]) > 5
    assert {path.suffix for path in store.rglob("*") if path.is_file()} == {".parquet", ""}  # and the owner
    assert not list((remote.local / "data" / "features").rglob("part-*"))


def test_a_run_keeps_what_stands_and_adds_what_is_new(companies: tuple[Company, Company, Path]) -> None:
    remote, in_folder, store = companies
    before = sorted(path for path in store.rglob("*.parquet"))
    remote.call("score", f"as_of={SCORED}")
    assert sorted(path for path in store.rglob("*.parquet")) == before  # each run has a folder of its own
    old = remote.streams
    write([order for order in ORDERS if order[2] >= EARLY], remote.raw / "orders-2.csv")
    for company in (remote, in_folder):
        company.call("score", f"as_of={NEXT}")
    assert remote.streams.manifest["streams"]["transactions"]["parts"] == 2
    assert remote.streams.remote_files.items() > old.remote_files.items()
    validated = opened(ValidatedTables, remote.local / "data" / "validated" / "shop")
    assert len({name.partition("/")[0] for name in validated.remote_files}) == 2  # one copy of each part
    same(remote.scores(NEXT).table(), in_folder.scores(NEXT).table())


def test_a_run_that_dies_leaves_nothing_that_is_read(
    companies: tuple[Company, Company, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, in_folder, store = companies
    for company in (remote, in_folder):
        shutil.rmtree(company.local / "data" / "scores" / SCORED)
    with monkeypatch.context() as patched:
        patched.setattr("holdfast.stages.score.write_scores", interrupt)
        remote.call("score", f"as_of={SCORED}", code=130)
    runs = {path.name for path in (store / "data" / "scores" / SCORED).iterdir()}
    assert len(runs) >= 1
    assert not (remote.local / "data" / "scores" / SCORED).exists()
    for company in (remote, in_folder):
        company.call("score", f"as_of={SCORED}")
    (kept,) = (store / "data" / "scores" / SCORED).iterdir()
    assert kept.name not in runs
    same(remote.scores(SCORED).model_input(), in_folder.scores(SCORED).model_input())


def interrupt(*_: Any) -> None:
    """What a signal does in the middle of a stage."""
    raise KeyboardInterrupt


def test_what_is_missing_at_the_address_is_made_again(companies: tuple[Company, Company, Path]) -> None:
    remote, _, store = companies
    expected = remote.scores(SCORED).model_input()
    part = next((store / "data" / "scores" / SCORED).rglob("part-*.parquet"))
    part.unlink()
    remote.call("score", f"as_of={SCORED}")
    same(remote.scores(SCORED).model_input(), expected)


def test_an_address_has_one_local_folder_and_no_other_engine(
    companies: tuple[Company, Company, Path], tmp_path: Path
) -> None:
    remote, _, store = companies
    before = sorted(store.rglob("*"))
    other = Company(tmp_path, remote.raw, None)
    other.place = [remote.place[1], f"paths.local={tmp_path / 'other'}"]
    assert "another paths.local has its large files at this address" in other.call("validate", code=2)
    assert "only engine=spark reads and writes" in remote.call("validate", code=2, engine=())
    assert sorted(store.rglob("*")) == before
