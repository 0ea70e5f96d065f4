"""The bundle: plain files that predict what the trained model did, bit for bit, and explain it exactly."""

import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from holdfast.errors import NoFitModel
from holdfast.model.bundle import Bundle, blend
from holdfast.model.training import TrainingResult

Make = Callable[..., pa.Table]


@pytest.fixture
def rows(make_features: Make) -> pa.Table:
    return make_features(30, 2, seed=11)


def test_files_are_text_and_json(trained: TrainingResult) -> None:
    files = trained.bundle.to_files()
    assert sorted(files) == ["booster_00.txt", "booster_01.txt", "bundle.json"]
    assert json.loads(files["bundle.json"])["n_bags"] == 2


def test_a_loaded_bundle_predicts_and_explains_bit_for_bit(trained: TrainingResult, rows: pa.Table) -> None:
    again = Bundle.from_files(trained.bundle.to_files())
    assert again.predict(rows).tobytes() == trained.bundle.predict(rows).tobytes()
    matrix = again.matrix(rows)
    assert again.contributions(matrix).tobytes() == trained.bundle.contributions(matrix).tobytes()
    assert (again.columns, again.reasons) == (trained.bundle.columns, trained.bundle.reasons)


def test_a_loaded_bundle_gives_the_same_files(trained: TrainingResult) -> None:
    files = trained.bundle.to_files()
    assert Bundle.from_files(files).to_files() == files


def test_base_value_and_contributions_are_the_logit(trained: TrainingResult, rows: pa.Table) -> None:
    matrix = trained.bundle.matrix(rows)
    added = trained.bundle.contributions(matrix)
    assert added.shape == (60, len(trained.bundle.columns.names) + 1)
    np.testing.assert_allclose(added.sum(axis=1), trained.bundle.logits(matrix), rtol=0, atol=1e-5)


def test_both_models_contribute_by_their_weight(trained: TrainingResult, rows: pa.Table) -> None:
    bundle = trained.bundle
    matrix = bundle.matrix(rows)
    trees, logistic = bundle.trees.contributions(matrix), bundle.logistic.contributions(matrix)
    expected = (1 - bundle.logistic_weight) * trees + bundle.logistic_weight * logistic
    np.testing.assert_allclose(bundle.contributions(matrix), expected, rtol=0, atol=1e-12)
    assert blend(np.array([4.0]), np.array([8.0]), 0.25) == [5.0]


def test_probability_is_the_calibrated_logit(trained: TrainingResult, rows: pa.Table) -> None:
    bundle = trained.bundle
    logit = bundle.calibration.slope * bundle.logits(bundle.matrix(rows)) + bundle.calibration.offset
    np.testing.assert_allclose(bundle.predict(rows), 1 / (1 + np.exp(-logit)), rtol=1e-12)


def test_a_customers_probability_does_not_depend_on_the_others(
    trained: TrainingResult, rows: pa.Table
) -> None:
    alone = np.concatenate([trained.bundle.predict(rows.slice(place, 1)) for place in range(10)])
    np.testing.assert_allclose(alone, trained.bundle.predict(rows)[:10], rtol=1e-12)


def test_nobody_is_predicted_as_nobody(trained: TrainingResult, rows: pa.Table) -> None:
    nobody = rows.slice(0, 0)
    assert trained.bundle.predict(nobody).shape == (0,)
    assert trained.bundle.contributions(trained.bundle.matrix(nobody)).shape[0] == 0


def test_no_bundle_and_a_foreign_format_are_told(trained: TrainingResult) -> None:
    with pytest.raises(NoFitModel, match="no model bundle"):
        Bundle.from_files({})
    files = trained.bundle.to_files()
    files["bundle.json"] = files["bundle.json"].replace(b'"format": 2', b'"format": 99')
    with pytest.raises(NoFitModel, match="format 99"):
        Bundle.from_files(files)
