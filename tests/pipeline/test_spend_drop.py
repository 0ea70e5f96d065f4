"""Churn as a drop of spend, from the labels to the list and its results."""

import datetime as dt
import json

import pandas as pd
from tests.pipeline.conftest import Order

QUESTION = (
    "churn=spend_drop", "churn.horizon_days=30", "churn.compare_days=60", "churn.active_within_days=60",
    "model.n_bags=1", "features.windows_days=[30,60]", "timeline.snapshots=6", "outreach.capacity=20",
)  # fmt: skip


def expected(orders: list[Order], as_of: dt.date) -> dict[str, int]:
    """Eligible customers and their labels, one by one."""
    moment = dt.datetime.combine(as_of, dt.time())
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    for who, _, at, amount in orders:
        days = (at - moment) / dt.timedelta(days=1)
        if -60 <= days < 0:
            before[who] = before.get(who, 0.0) + amount
        elif 0 <= days < 30:
            after[who] = after.get(who, 0.0) + amount
    return {who: int(after.get(who, 0.0) / 30 < 0.5 * spent / 60) for who, spent in before.items()}


def test_every_stage_asks_who_spends_less(shop, rhythmic):
    orders = rhythmic(customers=300)
    shop.write(orders)
    for words in (("train", "as_of=2024-04-08"), ("score", "as_of=2024-04-08"),
                  ("outcomes", "list_date=2024-04-08")):  # fmt: skip
        called = shop.call(words[0], *QUESTION, *words[1:])
        assert called.code == 0, called.err
    (folder,) = (shop.root / "data/features/shop").glob("train-*")
    rows = pd.concat(pd.read_parquet(part) for part in folder.glob("part-*.parquet"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    first = min(at for _, _, at, _ in orders).date()
    assert min(manifest["dates"]) >= str(first + dt.timedelta(days=60)), "spend before is compared in full"
    for day in map(dt.date.fromisoformat, manifest["dates"]):
        labels = rows[rows["as_of"] == day]
        counted = dict(zip(labels["customer_id"], labels["churned"].astype(int), strict=True))
        assert counted == expected(orders, day), day
    page = (shop.root / "data/at_risk/2024-04-08/report.html").read_text(encoding="utf-8")
    assert "Churn means: spending in that time falls below the agreed share of what it was." in page
    page = (shop.root / "data/outcomes/2024-04-08/report.html").read_text(encoding="utf-8")
    assert "Churned means: spent less than 50% of what they spent a day in the 60 days before." in page
