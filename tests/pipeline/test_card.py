"""Everything on a card made again from test_predictions.parquet and the raw tables, and how it is told."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from holdfast.files import read_json

CAPACITY, ACCEPTED, COST = 200, 0.3, 1.0  # conf/outreach/default.yaml


@pytest.fixture(scope="module")
def card(company):
    return json.loads((company / "models/champion/card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows(company):
    return pd.read_parquet(company / "models/champion/test_predictions.parquet")


def exactly(value):
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def figures(churned, probability):
    return {
        "auc": roc_auc_score(churned, probability),
        "average_precision": average_precision_score(churned, probability),
        "log_loss": log_loss(churned, probability),
        "brier": brier_score_loss(churned, probability),
    }


def test_baselines_come_out_of_their_columns(card, rows):
    assert {"recency", "rfm_logistic", "expected_purchases", "past_inactivity", "logistic"} == set(
        card["baselines"]
    )
    for name, found in card["baselines"].items():
        again = figures(rows["churned"], rows[f"baseline__{name}"])
        assert {figure: found[figure] for figure in again} == exactly(again)
        ahead = card["metrics"]["test"]["auc"] - again["auc"]
        assert card["differences"][name]["auc"]["value"] == exactly(ahead)


def test_calibration_error_comes_out_of_bins_of_equal_count(card, rows):
    ranks = rows["churn_probability"].rank(method="average") - 0.5
    bins = np.minimum(np.floor(ranks * 15 / len(rows)), 14)
    gaps = (rows["churn_probability"] - rows["churned"]).groupby(bins).sum().abs()
    assert card["metrics"]["test"]["ece"] == exactly(gaps.sum() / len(rows))


def test_the_list_comes_out_of_the_highest_probabilities(company, card, rows):
    manifest = read_json(next((company / "data/features/demo").glob("train-*/manifest.json")))
    eligible = np.mean([manifest["dates"][str(day)]["rows"] for day in rows["as_of"].unique()])
    share = min(CAPACITY / eligible, 1)
    assert card["list_share"] == exactly(share)
    top = rows.nlargest(int(np.ceil(share * len(rows) - 1e-9)), "churn_probability")
    test = card["metrics"]["test"]
    assert test["list_precision"] == exactly(top["churned"].mean())
    assert test["list_recall"] == exactly(top["churned"].sum() / rows["churned"].sum())
    assert test["list_lift"] == exactly(top["churned"].mean() / rows["churned"].mean())


def test_money_comes_out_of_what_customers_are_worth(card, rows):
    from empulse.metrics import empc_score

    promised = rows["churn_probability"] * ACCEPTED * rows["value"] - COST
    room = min(np.ceil(card["list_share"] * len(rows) - 1e-9), (promised > 0).sum())
    listed = rows.loc[promised.sort_values(ascending=False, kind="stable").index[: int(room)]]
    gain = (listed["churned"] * ACCEPTED * listed["value"] - COST).sum()
    test = card["metrics"]["test"]
    assert test["list_profit"] == exactly(gain / len(rows))
    again = empc_score(
        rows["churned"].to_numpy(), rows["churn_probability"].to_numpy(),
        alpha=6, beta=14, clv=rows["value"].mean(), incentive_cost=0, contact_cost=COST,
    )  # fmt: skip
    assert test["empc"] == pytest.approx(float(again), rel=1e-9)


def test_customers_are_worth_what_the_raw_tables_say(company, rows):
    lines = pd.read_parquet(company / "data/raw/demo/order_lines")
    refunds = pd.read_parquet(company / "data/raw/demo/refunds")
    sold = lines[(lines["status"] != "cancelled") & lines["customer_no"].notna()]
    amount = sold["quantity"] * sold["unit_price"] - sold["line_discount"]
    sold = sold.assign(amount=amount, known_at=sold["loaded_at"].fillna(sold["placed_at"]))
    sold = sold[sold["amount"] > 0]
    some = rows[~rows["customer_id"].isin(refunds["customer_no"])].head(50)
    assert len(some) == 50
    for _, row in some.iterrows():
        day = pd.Timestamp(row["as_of"])
        seen = sold[(sold["customer_no"] == row["customer_id"]) & (sold["known_at"] < day)]
        life = max((day - seen["placed_at"].min()) / pd.Timedelta(days=1), 60)
        assert row["value"] == pytest.approx(0.3 * 365 * seen["amount"].sum() / life, rel=1e-4)


def test_segments_and_dates_come_out_of_their_rows(card, rows):
    assert card["by_segment"]
    for group in card["by_segment"]:
        inside = rows[rows[f"segment__{group['attribute'].replace(' ', '_')}"] == group["group"]]
        assert len(inside) == group["rows"]
        again = figures(inside["churned"], inside["churn_probability"])
        assert {figure: group[figure] for figure in again} == pytest.approx(again, rel=1e-9)
        assert group["predicted"] == exactly(inside["churn_probability"].mean())
    tested = [date for date in card["by_date"] if date["part"] == "test"]
    assert {date["as_of"] for date in tested} == set(rows["as_of"].astype(str))
    for date in tested:
        inside = rows[rows["as_of"].astype(str) == date["as_of"]]
        assert date["auc"] == pytest.approx(roc_auc_score(inside["churned"], inside["churn_probability"]))


def test_the_page_and_the_log_say_why(company, card):
    page = (company / "models/champion/report.html").read_text(encoding="utf-8")
    assert len(page) < 2_000_000
    span = card["intervals"]["test"]["auc"]
    assert f"{span['low']:.3f} to {span['high']:.3f}" in page
    entry = json.loads((company / "models/promotions.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert entry["reasons"] == card["gate"]["reasons"]
    for name in ("season", "dependence", "calibration", "importance"):
        assert (company / f"models/champion/plots/{name}.png").is_file()
