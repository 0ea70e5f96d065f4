"""Churn of one in a hundred, and what each customer is worth by the company's own word."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

CUSTOMERS, DAYS = 1200, 300
END = dt.datetime.fromisoformat("2024-06-01")
QUESTION = ("churn.horizon_days=28", "churn.active_within_days=42", "features.windows_days=[28,84]",
            "timeline.snapshots=7", "model.n_bags=1", "outreach.capacity=40")  # fmt: skip
SOURCE = """
tables:
  transactions:
    read: {orders}
    columns: {{customer_id: who, transaction_id: id, occurred_at: at, amount: money}}
  customers:
    read: {people}
    columns: {{customer_id: who, value: worth, valid_from: since}}
"""


def orders() -> pd.DataFrame:
    """Everyone buys now and then; one in a hundred a month slows down and stops."""
    draw = np.random.default_rng(11)
    rows = []
    for who in range(CUSTOMERS):
        stop = draw.exponential(28 / 0.012)
        at = draw.uniform(0, 7)
        while at < min(DAYS, stop):
            slow = 1.4 if stop - at < 28 else 1.0
            rows.append((f"{who:04}", at, draw.lognormal(3, 0.3)))
            at += slow * draw.uniform(4, 16)
    table = pd.DataFrame(rows, columns=["who", "days", "money"])
    table["at"] = END - dt.timedelta(days=DAYS) + pd.to_timedelta(table["days"], "D")
    table["id"] = [f"o{place}" for place in range(len(table))]
    return table.drop(columns="days")


def said(who: pd.Series) -> pd.DataFrame:
    """What the company says: 1,000 for every tenth customer, 50 else; since the last day, 9,999 for all."""
    first = pd.DataFrame({"who": who, "worth": np.where(who.astype(int) % 10 == 0, 1000.0, 50.0)})
    first["since"] = END - dt.timedelta(days=DAYS)
    last = first.assign(worth=9999.0, since=END)
    return pd.concat([first, last])


@pytest.fixture(scope="module")
def trained(built_once: Any) -> tuple[Path, dict[str, Any]]:
    """The root of the shop and the card of its model."""
    from tests.pipeline.conftest import run_command

    def build(folder: Path) -> None:
        table = orders()
        table.to_csv(folder / "orders.csv", index=False)
        said(pd.Series(sorted(table["who"].unique()))).to_csv(folder / "people.csv", index=False)
        (folder / "conf/source").mkdir(parents=True)
        text = SOURCE.format(orders=folder / "orders.csv", people=folder / "people.csv")
        (folder / "conf/source/rare.yaml").write_text(text, encoding="utf-8")
        for words in (("train",), ("score", "as_of=2024-06-01")):
            place = ("source=rare", "tracking=off", f"paths.root={folder / 'root'}", *QUESTION)
            called = run_command(*words, *place, "--config-dir", folder / "conf")
            assert called.code == 0, called.err

    root = built_once("rare", build) / "root"
    return root, json.loads((root / "models/champion/card.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_it_warns_of_few_examples_and_keeps_its_promises_small(trained: tuple[Path, dict[str, Any]]) -> None:
    _, card = trained
    test = card["metrics"]["test"]
    assert 0.002 < test["base_rate"] < 0.03
    assert any("snapshots that churned" in one for one in card["warnings"])
    assert test["ece"] < 0.01
    assert card["calibration"]["test"]["after"] < 0.03


@pytest.mark.slow
def test_money_on_the_card_is_what_the_company_says(trained: tuple[Path, dict[str, Any]]) -> None:
    root, card = trained
    rows = pd.read_parquet(root / "models/champion/test_predictions.parquet")
    expected = np.where(rows["customer_id"].astype(int) % 10 == 0, 1000.0, 50.0)  # not what is said today
    assert rows["value"].tolist() == expected.tolist()
    assert card["money"]["value"] == pytest.approx(expected.mean())
    assert not card["money"]["assumed"]


@pytest.mark.slow
def test_the_list_is_ranked_by_money(trained: tuple[Path, dict[str, Any]]) -> None:
    root, _ = trained
    listed = pd.read_csv(root / "data/at_risk/latest/at_risk.csv", dtype={"customer_id": str})
    assert listed["expected_net_value"].is_monotonic_decreasing
    worth = listed["value_at_risk"] / listed["churn_probability"]
    dear = listed["customer_id"].astype(int) % 10 == 0
    assert worth[dear].to_numpy() == pytest.approx(1000.0, rel=0.02)
    assert dear.mean() > 0.25  # a tenth of all customers
    assert listed["churn_probability"].is_monotonic_decreasing is False
