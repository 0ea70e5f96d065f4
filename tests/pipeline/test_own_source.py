"""A user's own export: nothing but a source file is written for it, anywhere on the disk."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from tests.pipeline.conftest import Shop

SRC = Path(__file__).parents[2] / "src"
HORIZON = "churn.horizon_days=45"
QUESTION = (HORIZON, "timeline.snapshots=8", "model.n_bags=1", "model.num_boost_round=60")


@pytest.fixture
def trained(built_once, rhythmic, tmp_path):
    """A copy of a shop with a model that was promoted."""

    def build(folder):
        shop = Shop(folder)
        shop.write(rhythmic())
        called = shop.call("train", *QUESTION)
        assert called.code == 0, called.err
        assert (shop.root / "models/champion").exists(), called.out

    return Shop(built_once("promoted-shop", build)).copy(tmp_path)


@pytest.fixture
def listed(built_once, trained, tmp_path):
    """A copy of the shop with a list of an earlier day."""

    def build(folder):
        shop = trained.copy(folder)
        called = shop.call("score", "as_of=2024-05-01", *QUESTION)
        assert called.code == 0, called.err

    return Shop(built_once("listed-shop", build)).copy(tmp_path / "listed")


def command(shop, *words, cwd):
    """The command in a process of its own, started elsewhere."""
    call = [sys.executable, "-m", "holdfast", *map(str, words), f"paths.root={shop.root}", "source=shop"]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.Popen(
        [*call, "tracking=off", *QUESTION, "--config-dir", str(shop.conf)],
        cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_from_an_export_to_the_list(tmp_path, shop, rhythmic):
    shop.root = tmp_path / "where else's root (κόσμος), [1]"
    shop.write(rhythmic())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for words in (["validate"], ["train"], ["score", "as_of=latest"]):
        process = command(shop, *words, cwd=elsewhere)
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
    assert "The first 10 to call" in out
    assert list(elsewhere.iterdir()) == []
    found = pd.read_csv(shop.root / "data/at_risk/latest/at_risk.csv", dtype=str, encoding="utf-8-sig")
    ids = {order[0] for order in rhythmic()}
    assert set(found["customer_id"]) <= ids
    assert found["customer_id"].str.fullmatch(r"00\d{3}").all()
    assert set(found["as_of"]) == {"2024-06-01"}


def test_ids_that_lost_their_zeros_stop_the_list(tmp_path, trained, rhythmic):
    banned = tmp_path / "banned.txt"
    banned.write_text("".join(f"{int(order[0])}\n" for order in rhythmic()), "utf-8")
    called = trained.call("score", "as_of=2024-06-01", *QUESTION, f"outreach.do_not_contact={banned}")
    assert called.code == 3, called.err
    assert "customer ids are known only in another spelling" in called.block
    assert not (trained.root / "data/at_risk/latest").exists()


def test_ids_are_texts_on_the_way(trained):
    assert trained.call("score", "as_of=2024-06-01", *QUESTION).code == 0
    tables = [
        "data/validated/shop/transactions.parquet",
        "data/scores/2024-06-01/scores.parquet",
        "data/at_risk/2024-06-01/at_risk.parquet",
        "models/champion/test_predictions.parquet",
    ]
    for name in tables:
        column = pd.read_parquet(trained.root / name)["customer_id"]
        assert column.str.fullmatch(r"00\d{3}").all(), name


def test_a_day_may_be_a_text_in_quotes(trained):
    assert trained.call("score", "as_of='2024-06-01'", *QUESTION).code == 0


def test_new_rows_are_seen(trained):
    exported = trained.orders.read_text(encoding="utf-8")
    trained.orders = trained.conf.with_name("export.csv")  # the others read the shop's own
    trained.orders.write_text(exported, encoding="utf-8")
    trained.write_source()
    assert trained.call("score", "as_of=2024-06-01", *QUESTION).code == 0
    before = pd.read_parquet(trained.root / "data/scores/2024-06-01/scores.parquet")
    with trained.orders.open("a", encoding="utf-8") as file:
        file.write("99999,R-new,2024-05-30 10:00:00,12.5\n")
    assert trained.call("score", "as_of=2024-06-01", *QUESTION).code == 0
    after = pd.read_parquet(trained.root / "data/scores/2024-06-01/scores.parquet")
    assert set(after["customer_id"]) - set(before["customer_id"]) == {"99999"}


def test_thirty_customers_and_a_short_log(shop, rhythmic):
    shop.write([order for order in rhythmic() if order[0] < "00030"])
    called = shop.call("train", HORIZON)
    assert called.code == 0, called.err
    assert "warning: " in called.out
    shutil.rmtree(shop.root)
    shop.write([order for order in rhythmic() if order[2] > pd.Timestamp("2024-05-05")])
    called = shop.call("train", "churn.horizon_days=14")
    assert called.code == 0, called.err
    assert "too short to test on a later time" in called.out


@pytest.mark.parametrize("seconds", [0.05, 0.4, 1.2, 2.5])
def test_a_killed_run_leaves_nothing_half_done(listed, seconds):
    """Killed at several moments of a score with everything to do; then the same call does it."""
    lists = listed.root / "data/at_risk"
    stood = {link.name: link.readlink() for link in lists.iterdir() if link.is_symlink()}
    process = command(listed, "score", "as_of=2024-06-01", "force=true", cwd=listed.root)
    for line in process.stderr:  # as soon as it works
        if "checking" in line:
            break
    time.sleep(seconds / 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    for link in lists.iterdir():
        if link.is_symlink() and link.name in (*stood, "2024-06-01"):
            assert {"at_risk.csv", "manifest.json", "report.html"} <= {file.name for file in link.iterdir()}
    assert (listed.root / "models/champion/card.json").is_file()
    again = listed.call("score", "as_of=2024-06-01", *QUESTION)
    assert again.code == 0, again.err
    assert not [name for name in listed.left_behind() if name.endswith(".tmp") or ".tmp/" in name]
    assert (lists / "latest").resolve() == (lists / "2024-06-01").resolve()


def test_a_killed_training_leaves_the_champion(trained):
    version = (trained.root / "models/champion").readlink()
    process = command(trained, "train", "force=true", cwd=trained.root)
    for line in process.stderr:
        if "evaluating" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (trained.root / "models/champion").readlink() == version
    assert (trained.root / "models/champion/card.json").is_file()
    assert trained.call("train", *QUESTION).code == 0
    assert not [name for name in trained.left_behind() if ".tmp" in name]


def test_purchases_that_end_before_the_tickets_do_not_teach_that_all_left(shop, rhythmic):
    shop.write(rhythmic())
    tickets = shop.orders.with_name("tickets.csv")
    days = pd.date_range("2024-01-01", "2024-07-28", freq="D")
    pd.DataFrame({"c": "00001", "id": range(len(days)), "at": days}).to_csv(tickets, index=False)
    columns = "{customer_id: c, ticket_id: id, opened_at: at}"
    text = shop.source.read_text(encoding="utf-8") + f"  tickets: {{read: {tickets}, columns: {columns}}}\n"
    shop.source.write_text(text, encoding="utf-8")
    called = shop.call("features", *QUESTION)
    assert called.code == 0, called.err
    assert "transactions end long before the other tables, on 2024-06-01" in called.err
    assert (shop.root / "data/features/shop/train-2024-06-01").is_dir()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC", "America/Los_Angeles"])
def test_rows_of_the_last_hour_are_not_from_the_future_wherever_the_shop_is(shop, zone):
    now = dt.datetime.now(ZoneInfo(zone)).replace(tzinfo=None)
    hours = [now - dt.timedelta(hours=1 + hour) for hour in range(20)]
    ahead = now + dt.timedelta(hours=2)
    shop.write([("a", str(place), at, 5.0) for place, at in enumerate([*hours, ahead])])
    shop.source.write_text(f"time_zone: {zone}\n" + shop.source.read_text(encoding="utf-8"), encoding="utf-8")
    called = shop.call("validate")
    assert called.code == 0, called.err
    manifest = json.loads((shop.root / "data/validated/shop/manifest.json").read_text(encoding="utf-8"))
    found = manifest["tables"]["transactions"]
    assert (found["accepted"], found["by_rule"]) == (20, {"occurred_at_after_reading": 1})
