"""A baseline as a model: it ranks as the baseline of the test does, and has a bundle like any other."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from holdfast.model.baseline_model import train_baseline
from holdfast.model.baselines import predict_baselines
from holdfast.model.bundle import Bundle
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import split_rows
from holdfast.model.training import TrainingResult
from holdfast.timeline.plan import Plan

REASONS = {"recency__days__all": "LONG_SILENCE", "orders__count__all": "FEW_ORDERS"}


@pytest.mark.parametrize("name", ["recency", "rfm_logistic", "logistic"])
def test_it_ranks_as_the_baseline_and_survives_its_files(
    name: str, trained: TrainingResult, make_features: Callable[..., pa.Table],
    plan_of: Callable[[int], Plan], settings: ModelSettings,
) -> None:  # fmt: skip
    table, splits = make_features(), split_rows(make_features(), plan_of(8))
    baseline = train_baseline(name, table, splits, trained, REASONS)
    assert baseline is not None
    simple = predict_baselines(table, splits.test, settings, horizon_days=14)
    expected = {**simple, "logistic": trained.test_logistic}[name]
    assert spearmanr(baseline.test_probability, expected).statistic == pytest.approx(1, abs=1e-6)
    rows, bundle = make_features(seed=3), baseline.bundle
    churned = table["churned"].to_numpy()[splits.refit]
    assert bundle.predict(table.take(pa.array(splits.refit))).mean() == pytest.approx(
        churned.mean(), abs=0.01
    )
    again = Bundle.from_files(bundle.to_files())
    assert again.predict(rows).tobytes() == bundle.predict(rows).tobytes()
    matrix = bundle.matrix(rows)
    assert np.allclose(bundle.contributions(matrix).sum(axis=1), bundle.logits(matrix))
    assert bundle.contributions(matrix[:0]).shape == (0, len(bundle.columns.names) + 1)
    if name == "recency":
        assert (bundle.columns.names, bundle.reasons) == (("recency__days__all",), ("LONG_SILENCE",))
        silence = rows["recency__days__all"].fill_null(0).to_numpy()
        assert spearmanr(bundle.predict(rows), silence).statistic == pytest.approx(1, abs=1e-6)


def test_expected_purchases_is_no_bundle(
    trained: TrainingResult, make_features: Callable[..., pa.Table], plan_of: Callable[[int], Plan]
) -> None:
    splits = split_rows(make_features(), plan_of(8))
    assert train_baseline("expected_purchases", make_features(), splits, trained, REASONS) is None
