"""Churn as the company records it: from the labels to the list, the results and what they are called."""

import datetime as dt
import json
import random

import pandas as pd
import pytest
from tests.pipeline.conftest import Order, Shop, labels_by_day

QUICK = ("model.n_bags=1", "features.windows_days=[30,90]", "timeline.snapshots=8", "outreach.capacity=20")
QUESTION = ("churn=provided", "churn.horizon_days=30", "churn.active_within_days=60", *QUICK)
END = dt.datetime.fromisoformat("2024-06-01")
LEFT = """
  churned:
    read: {read}
    columns: {{customer_id: '"Kund Nr"', churned_at: weg, known_at: erfasst, reason: warum}}
"""


def leavings(orders: list[Order], seed: int = 3) -> pd.DataFrame:
    """Whoever slowed down and stopped is recorded some days after their last order, a week later at most."""
    draw = random.Random(seed)
    last: dict[str, dt.datetime] = {}
    for who, _, at, _ in orders:
        last[who] = max(at, last.get(who, at))
    rows = []
    for who, at in sorted(last.items()):
        gone = at + dt.timedelta(days=draw.uniform(25, 35))
        if gone < END:
            rows.append((who, gone, min(gone + dt.timedelta(days=draw.choice([0, 2, 7])), END), "moved away"))
    return pd.DataFrame(rows, columns=["Kund Nr", "weg", "erfasst", "warum"])


def chance_leavings(orders: list[Order], seed: int = 3) -> pd.DataFrame:
    """Anybody, at any time, whatever they do: nothing can be learned from them."""
    draw = random.Random(seed)
    people = sorted({who for who, *_ in orders})
    rows = [(draw.choice(people), END - dt.timedelta(days=draw.uniform(0, 400)), "") for _ in range(300)]
    table = pd.DataFrame(rows, columns=["Kund Nr", "weg", "warum"])
    return table.assign(erfasst=table["weg"])


def set_up(shop: Shop, orders: list[Order], table: pd.DataFrame) -> None:
    shop.write(orders)
    read = shop.orders.parent / "left.csv"
    table.to_csv(read, index=False)
    shop.write_source()
    text = shop.source.read_text(encoding="utf-8") + LEFT.format(read=read)
    shop.source.write_text(text, encoding="utf-8")


def expected(orders: list[Order], table: pd.DataFrame, as_of: dt.datetime) -> dict[str, int]:
    """Eligible customers and their labels, one by one."""
    found = {}
    known = table[(table["erfasst"] < as_of) & (table["weg"] < as_of)].groupby("Kund Nr")["weg"].max()
    over = as_of + dt.timedelta(days=30)
    window = set(table[(table["weg"] >= as_of) & (table["weg"] < over)]["Kund Nr"])
    bought: dict[str, list[dt.datetime]] = {}
    for who, _, at, _ in orders:
        if at < as_of:
            bought.setdefault(who, []).append(at)
    for who, times in bought.items():
        gone = who in known.index and not max(times).date() > known[who].date()
        if max(times) >= as_of - dt.timedelta(days=60) and not gone:
            found[who] = int(who in window)
    return found


@pytest.fixture
def leaving_shop(shop, rhythmic):
    """A shop that records who left."""
    orders = rhythmic(customers=400)
    table = leavings(orders)
    set_up(shop, orders, table)
    return shop, orders, table


@pytest.mark.slow
def test_every_stage_answers_the_companys_own_question(leaving_shop):
    shop, orders, table = leaving_shop
    called = shop.call("train", *QUESTION, "as_of=2024-04-08")
    assert called.code == 0, called.err
    rows, labels = labels_by_day(shop.root / "data/features/shop")
    assert len(labels) > 3
    for day, labelled in labels.items():
        assert labelled == expected(orders, table, dt.datetime.combine(day, dt.time.min)), day
    assert not [name for name in rows.columns if name.startswith("churned__")]

    called = shop.call("score", *QUESTION, "as_of=2024-04-08")
    assert called.code == 0, called.err
    assert "nobody counts as lapsed: the table churned says who has left" in called.out
    published = shop.root / "data/at_risk/2024-04-08"
    scored = pd.read_parquet(shop.root / "data/scores/2024-04-08/scores.parquet")
    assert set(scored["customer_id"]) == set(expected(orders, table, dt.datetime(2024, 4, 8)))  # noqa: DTZ001
    page = (published / "report.html").read_text(encoding="utf-8")
    assert "Churn means: leaving in that time, as the company records it." in page
    assert "no purchase in that time" not in page
    back = pd.read_parquet(published / "win_back.parquet")
    assert len(back)
    assert set(back["reason"]) == {"moved away"}
    left_on = table.set_index("Kund Nr")["weg"].dt.date
    assert back["left_on"].to_list() == left_on.loc[back["customer_id"]].to_list()

    called = shop.call("outcomes", *QUESTION, "list_date=2024-04-08")
    assert called.code == 0, called.err
    page = (shop.root / "data/outcomes/2024-04-08/report.html").read_text(encoding="utf-8")
    assert "Churned means: recorded in the table churned as having left in the outcome window." in page
    for stage in ("monitor", "audit"):
        called = shop.call(stage, *QUESTION, "as_of=2024-04-08", "audit.dates=1")
        assert called.code == 0, called.err


def test_a_stopped_record_of_leavings_does_not_make_everybody_stay(leaving_shop):
    shop, orders, table = leaving_shop
    set_up(shop, orders, table[table["erfasst"] < dt.datetime(2024, 4, 1)])  # noqa: DTZ001
    called = shop.call("features", *QUESTION)
    assert called.code == 0, called.err
    assert "churned end long before the other tables" in called.err
    (folder,) = (shop.root / "data/features/shop").glob("train-*")
    assert folder.name <= "train-2024-04-01"


@pytest.mark.slow
def test_leavings_by_chance_are_no_model(shop, rhythmic):
    """A log whose churn has no signal is graded C, and no list is made of it."""
    orders = rhythmic(customers=400)
    set_up(shop, orders, chance_leavings(orders))
    called = shop.call("train", *QUESTION)
    (card,) = (shop.root / "models").glob("*/card.json")
    assert json.loads(card.read_text(encoding="utf-8"))["grade"] == "C", called.out
    assert not (shop.root / "models/champion").exists()
    assert shop.call("score", *QUESTION, "as_of=2024-06-01").code == 6


def test_a_source_without_the_table_is_refused(shop):
    called = shop.call("validate", "churn=provided")
    assert called.code == 2
    assert "churn=provided churn.eligible_by=purchases is read from the table churned" in called.block
    called = shop.call("validate", "churn=provided", "churn.eligible_by=subscriptions")
    assert "is read from the table subscriptions" in called.block


def test_the_retention_report_counts_recorded_leavings(leaving_shop):
    """Each month's start again, one customer at a time; nobody is lost twice or stays after leaving."""
    shop, orders, table = leaving_shop
    called = shop.call("retention", *QUESTION, "retention.period=month")
    assert called.code == 0, called.err
    (folder,) = [path for path in (shop.root / "data/retention").iterdir() if path.name[0] == "2"]
    rates = pd.read_csv(folder / "rates.csv", dtype={"period": "str"})
    as_of = dt.datetime.fromisoformat(folder.name)
    known = table[table["erfasst"] < as_of]
    assert len(rates) > 3
    for start_on, counted in zip(rates["start_on"], rates["start"], strict=True):
        moment = dt.datetime.fromisoformat(start_on)
        before = known[known["weg"] < moment].groupby("Kund Nr")["weg"].max()
        last: dict[str, dt.datetime] = {}
        for who, _, at, _ in orders:
            if at < moment:
                last[who] = max(at, last.get(who, at))
        active = {who for who, at in last.items() if at >= moment - dt.timedelta(days=60)}
        gone = {who for who in active if who in before.index and last[who].date() <= before[who].date()}
        assert counted == len(active - gone)
    assert rates["lost"].sum() > 20
    reasons = pd.read_csv(folder / "reasons.csv")
    assert reasons["reason"].tolist() == ["moved away"]
    assert "no leaving recorded since" in called.out
