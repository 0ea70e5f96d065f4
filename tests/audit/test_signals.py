"""Single columns that tell who left; ordinary signals are left in peace."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import auc_score, judge_signals, measure_signals

SETTINGS = AuditSettings(dates=3, max_customers=1000, suspicious_auc=0.93, leak_auc=0.98, min_churners=50)
CHURNED = np.repeat([1.0, 0.0], [100, 300])
IDS = [f"c{place}" for place in range(400)]


def judged(values: pa.Array, undated: bool = False):
    rows = pa.table({"customer_id": IDS, "churned": CHURNED, "profile__state__all": values})
    signals = measure_signals(rows, ["profile__state__all"], SETTINGS.min_churners)
    hidden = {"profile__state__all": "state"} if undated else {}
    return judge_signals(signals, {"profile__state__all": "customers"}, hidden, SETTINGS)


def test_a_ranking_counts_either_way_round_and_ties_by_half():
    churned = np.array([True, True, False, False])
    assert auc_score(np.array([1.0, 2.0, 3.0, 4.0]), churned, 1) == 1.0
    assert auc_score(np.array([1.0, 1.0, 1.0, 1.0]), churned, 1) == 0.5
    assert auc_score(np.array([1.0, 3.0, 2.0, 4.0]), churned, 1) == 0.75
    assert auc_score(np.array([1.0, 3.0, 2.0, 4.0]), churned, 3) is None


@pytest.mark.parametrize(("share", "undated", "severity"), [
    (0.0, True, "leak"), (0.0, False, "leak"),
    (0.1, True, "suspicious"), (0.1, False, "note"),
])  # fmt: skip
def test_a_column_that_knows_who_left(share, undated, severity):
    """A share of those who left look like the others: AUC 1 - share / 2."""
    state = np.where(CHURNED == 1, "closed", "open").astype(object)
    state[: int(100 * share)] = "open"
    (found,) = judged(pa.array(state).dictionary_encode(), undated)
    assert (found.severity, found.rule, found.columns) == (severity, "value_tells", ("profile__state__all",))
    assert f"AUC {1 - share / 2:.3f}" in found.found
    assert ("tables.customers.attributes" in found.next_step) == undated


def test_a_missing_pattern_that_knows_who_left():
    values = pa.array([None if left else 5.0 for left in CHURNED], pa.float32())
    (found,) = judged(values)
    assert (found.severity, found.rule) == ("leak", "missing_tells")


@pytest.mark.parametrize(
    "values",
    [
        pa.array(np.where(CHURNED == 1, 1.0, 0.5) + np.random.default_rng(1).normal(0, 1, 400), pa.float32()),
        pa.array(np.where(np.arange(400) < 40, 9.0, 1.0), pa.float32()),  # 40 of those who left: AUC 0.7
        pa.array([str(place) for place in range(400)]).dictionary_encode(),  # each level once: no signal
        pa.array([None] * 400, pa.float32()),
        pa.array([1.0] * 30 + [None] * 360 + [2.0] * 10, pa.float32()),  # too few values to say
    ],
)
def test_an_ordinary_signal_is_no_finding(values):
    assert judged(values, undated=True) == []


def test_windows_of_one_measure_are_one_finding():
    values = pa.array(CHURNED, pa.float32())
    names = ["a__m__7d", "a__m__all", "b__m__7d"]
    rows = pa.table({"customer_id": IDS, "churned": CHURNED, **dict.fromkeys(names, values)})
    found = judge_signals(measure_signals(rows, names, 50), dict.fromkeys(names, "usage"), {}, SETTINGS)
    assert [one.columns for one in found] == [("a__m__7d", "a__m__all"), ("b__m__7d",)]
