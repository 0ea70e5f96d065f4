"""The baseline of each customer's own past: who was often inactive for as long is expected to be so again."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.model.baselines import predict_past_inactivity
from holdfast.model.matrix import select_columns
from holdfast.model.splits import Split

SHARE = "past_inactivity__share__60d"
ROWS = 2000


def table(seed: int = 1) -> pa.Table:
    """Customers whose own rate of empty windows decides; the younger ones have shown less of it."""
    random = np.random.default_rng(seed)
    rate, windows = random.beta(1, 2, ROWS), random.integers(0, 12, ROWS)
    share = np.where(windows > 0, random.binomial(windows, rate) / np.maximum(windows, 1), np.nan)
    return pa.table(
        {
            "as_of": pa.array([19000] * ROWS, pa.date32()),
            "churned": (random.random(ROWS) < rate).astype(float),
            SHARE: pa.array(share, mask=np.isnan(share)),
            "recency__days__all": random.exponential(20, ROWS),
            "recency__tenure__all": 60.0 * (windows + 1),
        }
    )


def predict(rows: pa.Table) -> np.ndarray:
    half = np.arange(ROWS // 2)
    return predict_past_inactivity(rows, Split(half, half + ROWS // 2), 60)["past_inactivity"]


def test_it_ranks_by_the_own_past_and_trusts_a_long_one_more() -> None:
    rows = table()
    found, valid = predict(rows), rows.slice(ROWS // 2).to_pandas()
    churned = valid["churned"].to_numpy()
    assert found.mean() == pytest.approx(churned.mean(), abs=0.05)
    assert found[churned == 1].mean() > found[churned == 0].mean() + 0.1
    always = valid[SHARE] == 1
    short, long = (always & valid["recency__tenure__all"].eq(days) for days in (120, 360))
    new = valid[SHARE].isna()
    assert found[new].mean() < found[short].mean() < found[long].mean()


def test_it_does_not_see_the_labels_of_the_test() -> None:
    rows = table()
    other = np.concatenate([rows["churned"].to_numpy()[: ROWS // 2], np.ones(ROWS // 2)])
    assert (predict(rows) == predict(rows.set_column(1, "churned", pa.array(other)))).all()


@pytest.mark.parametrize("dropped", [SHARE, "recency__days__all", "recency__tenure__all"])
def test_no_baseline_without_its_columns(dropped: str) -> None:
    rows = np.arange(ROWS)
    assert predict_past_inactivity(table().drop_columns([dropped]), Split(rows, rows), 60) == {}
    assert predict_past_inactivity(table(), Split(rows, rows), 30) == {}  # of another horizon


def test_the_model_does_not_learn_from_it() -> None:
    assert select_columns(table(), 10).names == ("recency__days__all", "recency__tenure__all")
