"""Accounts that are closed while their subscriptions run on: churn=provided for subscribers."""

import datetime as dt
import json
import random
from pathlib import Path

import pandas as pd
from tests.pipeline.conftest import Called, labels_by_day, run_command

QUESTION = (
    "source=accounts", "churn=provided", "churn.eligible_by=subscriptions", "churn.horizon_days=30",
    "model.n_bags=1", "features.windows_days=[30,90]", "timeline.snapshots=8", "outreach.capacity=20",
    "tracking=off",
)  # fmt: skip
BEGIN, END = dt.datetime.fromisoformat("2023-01-01"), dt.datetime.fromisoformat("2024-06-01")
DAY = dt.datetime.fromisoformat("2024-04-08")
SOURCE = """
historical: true
tables:
  subscriptions:
    read: {folder}/subscriptions.csv
    columns: {{customer_id: account, subscription_id: sub, started_at: begun, ended_at: over}}
  usage:
    read: {folder}/usage.csv
    columns: {{customer_id: account, occurred_at: at, event: what}}
  churned:
    read: {folder}/closed.csv
    columns: {{customer_id: account, churned_at: closed_on, known_at: entered_on, reason: why}}
"""


def write_accounts(folder: Path, customers: int = 300, seed: int = 4) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accounts that log in every few days, and hardly any more in the weeks before they are closed."""
    draw = random.Random(seed)
    subscriptions, logins, closed = [], [], []
    for number in range(customers):
        who, begun = f"{number:05d}", BEGIN + dt.timedelta(days=draw.uniform(0, 300))
        leaves = begun + dt.timedelta(days=draw.expovariate(1 / 300) + 60)
        ended = begun + dt.timedelta(days=200) if number % 20 == 0 else None  # by itself no leaving
        subscriptions.append((who, f"S{number}", begun, ended))
        at = begun
        while at < min(leaves, END):
            logins.append((who, at, "login"))
            slow = 5 if leaves - at < dt.timedelta(days=40) else 1
            at += dt.timedelta(days=slow * draw.uniform(1, 5))
        if leaves < END:
            closed.append(
                (who, leaves, min(leaves + dt.timedelta(days=draw.choice([0, 3])), END), "moved away")
            )
    tables = (
        pd.DataFrame(subscriptions, columns=["account", "sub", "begun", "over"]),
        pd.DataFrame(logins, columns=["account", "at", "what"]),
        pd.DataFrame(closed, columns=["account", "closed_on", "entered_on", "why"]),
    )
    for name, table in zip(("subscriptions", "usage", "closed"), tables, strict=True):
        table.to_csv(folder / f"{name}.csv", index=False)
    return tables[0], tables[2]


def expected(subscriptions: pd.DataFrame, closed: pd.DataFrame, as_of: dt.datetime) -> dict[str, int]:
    """Who has a running subscription and was not closed, and whether they are closed within 30 days."""
    running = subscriptions[(subscriptions["begun"] < as_of) & ~(subscriptions["over"] < as_of)]["account"]
    gone = closed[(closed["closed_on"] < as_of) & (closed["entered_on"] < as_of)]["account"]
    within = closed[closed["closed_on"].between(as_of, as_of + dt.timedelta(days=30), inclusive="left")]
    return {who: int(who in set(within["account"])) for who in sorted(set(running) - set(gone))}


def test_every_stage_asks_about_subscribers(tmp_path: Path) -> None:
    (tmp_path / "conf" / "source").mkdir(parents=True)
    source = SOURCE.format(folder=tmp_path)
    (tmp_path / "conf" / "source" / "accounts.yaml").write_text(source, encoding="utf-8")
    subscriptions, closed = write_accounts(tmp_path)
    root = tmp_path / "root"

    def call(stage: str, *words: str) -> Called:
        called = run_command(
            stage, *QUESTION, *words, f"paths.root={root}", "--config-dir", tmp_path / "conf"
        )
        assert called.code == 0, called.err
        return called

    call("train", f"as_of={DAY.date()}")
    _, labels = labels_by_day(root / "data/features/accounts")
    assert len(labels) > 3
    for day, labelled in labels.items():
        assert labelled == expected(subscriptions, closed, dt.datetime.combine(day, dt.time.min)), day
    card = json.loads((root / "models/champion/card.json").read_text(encoding="utf-8"))
    assert card["metrics"]["test"]["auc"] > 0.6
    assert card["churned_means"] == "recorded in the table churned as having left in the outcome window"

    call("score", f"as_of={DAY.date()}")
    scored = pd.read_parquet(root / f"data/scores/{DAY.date()}/scores.parquet")
    assert set(scored["customer_id"]) == set(expected(subscriptions, closed, DAY))
    page = (root / f"data/at_risk/{DAY.date()}/report.html").read_text(encoding="utf-8")
    assert "Churn means: leaving in that time, as the company records it." in page
    assert "subscription ends" not in page
    call("explain", f"as_of={DAY.date()}")
    call("outcomes", f"list_date={DAY.date()}")
    call("monitor", f"as_of={DAY.date()}")
