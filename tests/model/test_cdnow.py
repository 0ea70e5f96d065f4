"""BG/NBD and gamma-gamma on the CDNOW customers: the published figures; a million customers in a minute."""

import dataclasses
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from holdfast.model.bg_nbd import fit_bg_nbd
from holdfast.model.gamma_gamma import GammaGamma, fit_gamma_gamma
from holdfast.retention.value import forecast_purchases

CDNOW = pd.read_csv(Path(__file__).with_name("cdnow.csv"))
SUMMARY = tuple(CDNOW[name].to_numpy(float) for name in ("frequency", "recency", "T"))
REPEAT = CDNOW[(CDNOW["frequency"] > 0) & (CDNOW["value"] > 0)]


def test_bg_nbd_gives_the_figures_of_fader_hardie_and_lee():
    found = fit_bg_nbd(*SUMMARY)
    assert len(CDNOW) == 2357
    assert dataclasses.astuple(found) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=1e-3)
    assert found.log_likelihood(*SUMMARY).sum() == pytest.approx(-9582.4, abs=0.05)


def test_gamma_gamma_gives_the_figures_of_fader_and_hardie():
    frequency, value = (REPEAT[name].to_numpy(float) for name in ("frequency", "value"))
    found = fit_gamma_gamma(frequency, value)
    assert len(REPEAT) == 946
    assert dataclasses.astuple(found) == pytest.approx((6.25, 3.74, 15.45), abs=0.01)
    assert np.corrcoef(frequency, value)[0, 1] == pytest.approx(0.11, abs=0.01)


def test_without_a_repeat_purchase_the_expected_value_is_the_overall_mean():
    model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    overall = 6.25 * 15.44 / 2.74
    found = model.predict(np.array([0.0, 1.0, 1e6]), np.array([0.0, 50.0, 50.0]))
    assert found == pytest.approx([overall, (2.74 * overall + 6.25 * 50) / 8.99, 50.0], rel=1e-4)


def test_gamma_gamma_refuses_what_it_cannot_learn_from():
    for frequency, value in (([], []), ([0.0], [3.0]), ([1.0], [0.0])):
        with pytest.raises(ValueError, match="repeat purchases"):
            fit_gamma_gamma(np.array(frequency), np.array(value))


def test_a_million_customers_take_less_than_a_minute():
    rows = CDNOW.iloc[np.random.default_rng(1).integers(0, len(CDNOW), 1_000_000)].reset_index(drop=True)
    day = pd.Timestamp("2026-07-06")
    first = day - pd.to_timedelta(np.round(7 * rows["T"]), unit="D")
    purchases = pd.DataFrame(
        {
            "first_at": first, "last_at": first + pd.to_timedelta(np.floor(7 * rows["recency"]), unit="D"),
            "buying_days": rows["frequency"] + 1,
            "later_spent": rows["frequency"] * rows["value"].clip(lower=1),
        }
    )  # fmt: skip
    began = time.perf_counter()
    found = forecast_purchases(purchases, day.date(), margin=0.3, value_days=365)
    assert time.perf_counter() - began < 60
    assert found["customers"] == 1_000_000
    assert found["bg_nbd"]["r"] == pytest.approx(0.243, abs=0.03)
