"""Subscribers whose payments fail, from the simulated company to the lists and their results."""

import json
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from benchmarks.payments import judge, read_lists
from tests.pipeline.conftest import run_command

from holdfast.scoring.payments import failed_payments

SCORED = "2026-05-04"
COMPANY = (
    "source=demo_subscriptions", "churn=cancellation", "tracking=off", "model.n_bags=1",
    "features.windows_days=[30,90]", "timeline.snapshots=10",
)  # fmt: skip


@pytest.fixture(scope="module")
def subscribers(built_once: Any) -> Path:
    """The root of a company that was simulated, trained and scored once."""

    def build(root: Path) -> None:
        place = f"paths.root={root}"
        for words in (("simulate", "demo.customers=1200"), ("train", "as_of=2026-04-06"),
                      ("score", f"as_of={SCORED}"), ("outcomes", f"list_date={SCORED}")):  # fmt: skip
            called = run_command(words[0], *COMPANY, *words[1:], place)
            assert called.code == 0, called.err

    root: Path = built_once("subscribers", build)
    return root


def truth_of(root: Path) -> pd.DataFrame:
    return pd.read_parquet(root / "data/truth/demo_subscriptions.parquet")


def test_whoever_is_lost_by_a_payment_is_recognised_at_the_failed_charge(subscribers: Path) -> None:
    counts = judge({SCORED: read_lists(subscribers / "data/at_risk" / SCORED)}, truth_of(subscribers))
    assert counts["chased"] > counts["failing"] > 0
    assert counts["recognised"] >= 0.95 * counts["failing"]
    assert counts["told as dissatisfied"] == 0


def test_the_failed_charge_is_seen_on_the_next_day(subscribers: Path) -> None:
    """Of everybody whom the company ever lost by a failed payment."""
    folder = subscribers / "data/validated/demo_subscriptions/payments.parquet"
    payments = ibis.duckdb.connect().read_parquet(folder / "*.parquet")
    truth = truth_of(subscribers)
    lost = truth[truth["involuntary"] & (truth["first_failed_on"] > "2026-01-01")]
    days = (lost["first_failed_on"].dt.normalize() + pd.Timedelta(days=1)).dt.date
    seen = 0
    for day, customers in lost.groupby(days):
        found = failed_payments({"payments": payments}, day, 60)
        assert found is not None
        seen += int(customers["customer_id"].isin(found["customer_id"]).sum())
    assert len(lost) > 20
    assert seen == len(lost)


def test_labels_tell_involuntary_churn_apart(subscribers: Path) -> None:
    (folder,) = (subscribers / "data/features/demo_subscriptions").glob("train-*")
    rows = pd.concat(pd.read_parquet(part) for part in folder.glob("part-*.parquet"))
    truth = truth_of(subscribers).set_index("customer_id")["involuntary"]
    churned = rows[rows["churned"] == 1]
    assert 0.1 < churned["involuntary"].mean() < 0.9
    assert (churned["involuntary"] == churned["customer_id"].map(truth)).mean() > 0.97
    assert rows.loc[rows["churned"] != 1, "involuntary"].isna().all()


def test_the_card_and_the_results_tell_it_apart(subscribers: Path) -> None:
    (card,) = (subscribers / "models").glob("*/card.json")
    content = json.loads(card.read_text(encoding="utf-8"))
    assert 0 < content["involuntary"]["involuntary"] < content["involuntary"]["churned"]
    predictions = pd.read_parquet(card.parent / "test_predictions.parquet")
    assert (predictions["involuntary"] == 1).sum() == content["involuntary"]["involuntary"]
    inputs = pd.read_parquet(subscribers / f"data/scores/{SCORED}/model_input")
    assert not {"churned", "involuntary"} & set(inputs.columns), "a label is no input of the model"
    assert "because a payment failed" in (card.parent / "report.html").read_text(encoding="utf-8")
    found = json.loads((subscribers / f"data/outcomes/{SCORED}/outcomes.json").read_text(encoding="utf-8"))
    recovery = found["payments"]["recovery"]
    assert recovery["customers"] > recovery["involuntary"] > 0
    assert recovery["settled"] > 0
    page = (subscribers / f"data/outcomes/{SCORED}/report.html").read_text(encoding="utf-8")
    assert "customers on the payment recovery list" in page


def test_the_recovery_list_has_its_files_its_part_of_the_page_and_its_count(subscribers: Path) -> None:
    folder = subscribers / "data/at_risk" / SCORED
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    listed = pd.read_csv(folder / "payment_recovery.csv", dtype={"customer_id": "str"})
    assert manifest["payment_recovery"] == {"listed": len(listed)}
    assert manifest["counts"]["payment_failed"] == len(listed)
    assert {"payment_recovery.csv", "payment_recovery.parquet"} <= set(manifest["files"])
    assert set(listed["reason_code"]) == {"PAYMENT_FAILED"}
    at_risk = pd.read_csv(folder / "at_risk.csv", dtype={"customer_id": "str"})
    assert not set(listed["customer_id"]) & set(at_risk["customer_id"])
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"Payment recovery: {len(listed)} customers whose last payment failed" in page
    assert str(listed["customer_id"].to_list()[0]) in page
    assert "Churn means: the last running subscription ends in that time." in page
