"""Customers who were contacted before their outcome was over: kept, dropped or flagged in training."""

import datetime as dt
import json
import random

import pandas as pd
import pytest
from tests.pipeline.conftest import Shop, rhythmic_orders

from holdfast.files import read_files
from holdfast.model.bundle import Bundle
from holdfast.model.matrix import CONTACT_FLAG

QUESTION = ("churn.horizon_days=30", "churn.active_within_days=90", "timeline.snapshots=8", "model.n_bags=1")
SOURCE = """
tables:
  transactions:
    read: {orders}
    columns:
      customer_id: '"Kund Nr"'
      transaction_id: '"Beleg#"'
      occurred_at: '"Wann?"'
      amount: '"Brutto €"'
{contacts}"""
FIRST = dt.datetime.fromisoformat("2023-07-01")
CONTACTS = """
  contacts:
    read: {file}
    columns: {{customer_id: who, contacted_at: at}}
"""


def write_called(shop):
    """The shop's tables; whoever was called bought nothing for long, so that a call seems to drive away."""
    orders = rhythmic_orders(300)
    draw = random.Random(1)
    contacts = [
        (f"{customer:05d}", FIRST + dt.timedelta(days=draw.randrange(330)))
        for customer in range(300)
        for _ in range(2)
    ]
    quiet: dict[str, list[dt.datetime]] = {}
    for who, at in contacts:
        quiet.setdefault(who, []).append(at)
    orders = [
        order
        for order in orders
        if not any(at < order[2] < at + dt.timedelta(days=45) for at in quiet[order[0]])
    ]
    shop.write(orders)
    file = shop.orders.with_name("contacts.csv")
    pd.DataFrame(contacts, columns=["who", "at"]).to_csv(file, index=False)
    write_source(shop, CONTACTS.format(file=file))


@pytest.fixture
def called(shop):
    write_called(shop)
    return shop


@pytest.fixture(scope="module")
def trainings(tmp_path_factory):
    """Of a training with each policy: what was said, the model's folder, its card; the shop after "flag".

    One root serves them all: the question stays the same, and so do the test's rows.
    """
    shop = Shop(tmp_path_factory.mktemp("treated"))
    write_called(shop)
    first = train(shop, "flag")
    flagged = shop.copy(tmp_path_factory.mktemp("flagged"))
    return {"flag": first, **{how: train(shop, how) for how in ("keep", "drop")}}, flagged


def write_source(shop, contacts=""):
    shop.source.write_text(SOURCE.format(orders=shop.orders, contacts=contacts), encoding="utf-8")


def train(shop, how):
    done = shop.call("train", *QUESTION, "as_of=2024-06-01", f"timeline.contacted_policy={how}", "force=true")
    assert done.code == 0, done.err
    cards = sorted((shop.root / "models").glob("2024*/card.json"), key=lambda path: path.stat().st_mtime)
    return done, cards[-1].parent, json.loads(cards[-1].read_text("utf-8"))


def test_kept_dropped_flagged(trainings):
    cards = {}
    for how, (done, folder, card) in trainings[0].items():
        assert f"timeline.contacted_policy={how}" in done.err
        cards[how] = card
        names = Bundle.from_files(read_files(folder / "bundle")).columns.names
        assert (CONTACT_FLAG in names) == (how == "flag")
        assert card["settings"]["timeline"]["contacted_policy"] == how
        assert "segment__contacted_before_the_outcome_was_over" in pd.read_parquet(
            folder / "test_predictions.parquet"
        )
    kept, dropped, flagged = cards["keep"], cards["drop"], cards["flag"]
    assert kept["metrics"]["test"]["rows"] == dropped["metrics"]["test"]["rows"]
    assert dropped["rows"]["train"] < kept["rows"]["train"] == flagged["rows"]["train"]
    assert dropped["rows"]["refit"] < kept["rows"]["refit"]


def test_left_alone_leave_less_often_than_the_mixture(trainings):
    """Calls drive away here: who is told what contacts did predicts fewer leavers among those left alone."""
    means = {
        how: pd.read_parquet(folder / "test_predictions.parquet")["churn_probability"].mean()
        for how, (_, folder, _) in trainings[0].items()
    }
    assert means["drop"] < means["keep"] - 0.01
    assert means["flag"] < means["keep"]


def test_a_flagged_model_scores(trainings):
    _, shop = trainings
    question = (*QUESTION, "timeline.contacted_policy=flag", "as_of=2024-06-01")
    scored = shop.call("score", *question)
    assert scored.code == 0, scored.err
    explained = shop.call("explain", *question)
    assert explained.code == 0, explained.err
    listed = pd.read_parquet(shop.root / "data/at_risk/latest/at_risk.parquet")
    assert len(listed)


def test_without_contacts_the_lists_say_who_was_contacted(shop, rhythmic):
    shop.write(rhythmic())
    write_source(shop)
    done, _, _ = train(shop, "drop")
    assert "there is no record of contacts: timeline.contacted_policy=drop changes nothing" in done.err
    scored = shop.call(
        "score", *QUESTION, "timeline.contacted_policy=drop", "as_of=2024-04-01", "outreach.capacity=20"
    )
    assert scored.code == 0, scored.err
    done, _, _ = train(shop, "drop")
    assert "of the snapshots are of customers contacted before the outcome was over" in done.err


def test_nobody_left_to_learn_from(called):
    everybody = pd.DataFrame(
        [
            (f"{who:05d}", day)
            for who in range(300)
            for day in pd.date_range("2023-05-01", "2024-06-01", freq="20D")
        ],
        columns=["who", "at"],
    )
    everybody.to_csv(called.orders.with_name("contacts.csv"), index=False)
    done = called.call("train", *QUESTION, "as_of=2024-06-01", "timeline.contacted_policy=drop")
    assert done.code == 3
    assert "without the customers who were contacted" in done.block
    assert "timeline.contacted_policy=flag, or keep" in done.block
