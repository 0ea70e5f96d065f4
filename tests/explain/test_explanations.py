"""Explanations of a small model: exact, added up to reasons, repeatable."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.explain.explanations import customer_reasons, explain, importance
from holdfast.explain.peers import build_peer_groups
from holdfast.explain.texts import Texts
from holdfast.model.bundle import Bundle
from holdfast.model.calibration import Calibration
from holdfast.model.logistic import fit_logistic
from holdfast.model.matrix import Columns, encode
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import Trees, fit_booster, make_dataset

COLUMNS = Columns(
    ("recency__days__all", "spend__sum__30d", "profile__country__all"),
    {"profile__country__all": ("GR", "LT")},
)
REASONS = ("LONG_SILENCE", "SPEND_DOWN", "PROFILE")
TEXTS = Texts({"LONG_SILENCE": ["Silent for {silence} days", "Silent"], "SPEND_DOWN": ["Spends less"]})
STAYED = build_peer_groups(
    pa.table({"recency__days__all": [20.0], "gaps__mean__all": [10.0]}),
    ["recency__days__all", "gaps__mean__all"],
)
SETTINGS = ModelSettings(
    n_bags=2, num_boost_round=20, early_stopping_rounds=5, learning_rate=0.2, max_bin=31, num_leaves=4,
    min_data_in_leaf=5, feature_fraction=1, bagging_fraction=1, lambda_l2=1, max_levels=9, logistic_C=0.1,
    logistic_weight=0.5,
)  # fmt: skip


@pytest.fixture(scope="module")
def features() -> pa.Table:
    random = np.random.default_rng(2)
    silence = random.exponential(30, 300).astype(np.float32)
    return pa.table(
        {
            "profile__country__all": pa.array(random.choice(["GR", "LT", "XX"], 300)).dictionary_encode(),
            "recency__days__all": pa.array(silence, mask=silence > 150),
            "spend__sum__30d": pa.array(random.normal(100, 20, 300).astype(np.float32)),
            "gaps__mean__all": pa.array(np.full(300, 10, np.float32)),
        }
    )


@pytest.fixture(scope="module")
def bundle(features: pa.Table) -> Bundle:
    matrix = encode(features, COLUMNS)
    churned = (np.nan_to_num(matrix[:, 0], nan=200) > 40).astype(np.float64)
    binned = make_dataset(matrix, churned, COLUMNS, SETTINGS)
    trees = Trees(tuple(fit_booster(binned, SETTINGS, num_boost_round=20, seed=seed) for seed in (1, 2)))
    return Bundle(
        COLUMNS, trees, fit_logistic(matrix, churned, COLUMNS, 0.1), 0.5, Calibration(1.0, 0.0), REASONS
    )


def test_contributions_add_up_to_the_margin(bundle: Bundle, features: pa.Table) -> None:
    explanation = explain(bundle, features)
    assert explanation.contributions.shape == (300, 4)
    np.testing.assert_allclose(explanation.margin, bundle.logits(explanation.matrix), atol=1e-5)


def test_a_bundle_that_does_not_add_up_is_a_bug(
    bundle: Bundle, features: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bundle, "logits", lambda _, matrix: np.full(len(matrix), 99.0))
    with pytest.raises(AssertionError, match="add up"):
        explain(bundle, features)


def test_importance_is_the_mean_size_of_contributions(bundle: Bundle, features: pa.Table) -> None:
    explanation = explain(bundle, features)
    table = importance(bundle, explanation)
    assert table["feature"].tolist()[0] == "recency__days__all"
    assert table["reason_code"].tolist()[0] == "LONG_SILENCE"
    assert table["mean_abs_contribution"].tolist()[0] == pytest.approx(
        np.abs(explanation.contributions[:, 0]).mean()
    )
    assert table["mean_abs_contribution"].is_monotonic_decreasing


def test_the_silent_are_said_to_be_silent_with_their_own_figure(bundle: Bundle, features: pa.Table) -> None:
    reasons = customer_reasons(bundle, explain(bundle, features), features, TEXTS, STAYED)
    assert len(reasons) == 300
    silence = features["recency__days__all"].to_pylist()
    for days, row in zip(silence, reasons, strict=True):
        assert [reason.contribution for reason in row] == sorted((r.contribution for r in row), reverse=True)
        assert all(reason.contribution > 0 for reason in row)
        if days is not None and days > 60:
            assert row[0].code == "LONG_SILENCE"
            assert row[0].text == f"Silent for {days:.0f} days"
        if days is None:  # how silent, nobody knows
            assert "Silent for" not in " ".join(reason.text for reason in row)


def test_reasons_do_not_depend_on_the_order_of_rows_or_columns(bundle: Bundle, features: pa.Table) -> None:
    turned = features.take(pa.array(range(299, -1, -1))).select(sorted(features.column_names, reverse=True))
    one = customer_reasons(bundle, explain(bundle, features), features, TEXTS, STAYED)
    other = customer_reasons(bundle, explain(bundle, turned), turned, TEXTS, STAYED)[::-1]
    assert [[(r.code, r.text) for r in row] for row in one] == [
        [(r.code, r.text) for r in row] for row in other
    ]


def test_nobody_has_no_reasons(bundle: Bundle, features: pa.Table) -> None:
    nobody = features.slice(0, 0)
    assert customer_reasons(bundle, explain(bundle, nobody), nobody, TEXTS, STAYED) == []
