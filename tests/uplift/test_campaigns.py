"""The company's own experiments: which are read, and whether their draw looks random."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.timeline.outcome import Outcome
from holdfast.uplift.campaigns import check_balance, read_experiments
from holdfast.uplift.estimate import rows_with_features

DAY = dt.date(2026, 6, 1)


def campaign(size, chosen, seed=0, days=1):
    """Rows of a campaign and two covariates; `chosen(random, silence)`: who was contacted."""
    random = np.random.default_rng(seed)
    silence = random.exponential(30, size)
    arm = np.where(chosen(random, silence), "contacted", "control")
    dates = [dt.date(2026, 1, 1) + dt.timedelta(days=int(place * days // size)) for place in range(size)]
    rows = pd.DataFrame({"customer_id": np.arange(size).astype(str), "as_of": dates, "arm": arm})
    other = pa.array(random.normal(size=size), pa.float32())
    return rows, pa.table({"silence": pa.array(silence, pa.float32()), "other": other})


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_draw_looks_random(seed, share):
    rows, features = campaign(2000, lambda random, _: random.random(2000) < share, seed, days=5)
    assert check_balance(rows, features).objection() is None


def test_a_choice_does_not():
    rows, features = campaign(2000, lambda random, silence: random.random(2000) < silence / 100)
    balance = check_balance(rows, features)
    assert balance.worst[0] == "silence"
    assert "contacted and control differed before" in str(balance.objection())


def test_a_share_that_was_not_planned():
    rows, features = campaign(4000, lambda random, _: random.random(4000) < 0.45)
    assert check_balance(rows, features).objection() is None
    assert "does not fit a draw" in str(check_balance(rows, features, 0.5).objection())
    assert check_balance(rows, features, 0.45).objection() is None


def test_a_share_that_changed_between_days():
    rows, features = campaign(
        4000, lambda random, _: random.random(4000) < np.repeat([0.3, 0.6], 2000), days=2
    )
    assert "does not fit a draw" in str(check_balance(rows, features).objection())


def test_what_is_read():
    table = pd.DataFrame(
        [
            ("a", "2026-01-05 10:00", "spring", "contacted"),
            ("b", "2026-01-05 10:00", "spring", "control"),
            ("both", "2026-01-05 10:00", "spring", "control"),
            ("both", "2026-01-06 10:00", "spring", "contacted"),
            ("a", "2026-02-05 10:00", None, "control"),
            ("no arm", "2026-01-05 10:00", "spring", None),
            ("too late", "2026-05-05 10:00", "summer", "control"),
        ],
        columns=["customer_id", "contacted_at", "campaign", "arm"],
    )  # fmt: skip
    table["contacted_at"] = pd.to_datetime(table["contacted_at"])
    table["known_at"] = table["contacted_at"]
    outcome = Outcome(gap_days=0, horizon_days=60, grace_days=0, label_delay_days=0)
    rows = read_experiments({"contacts": ibis.memtable(table)}, DAY, outcome)
    assert rows[["customer_id", "campaign", "arm"]].to_numpy().tolist() == [
        ["a", "2026-02-05", "control"], ["a", "spring", "contacted"], ["b", "spring", "control"],
    ]  # fmt: skip
    assert rows["as_of"].tolist() == [dt.date(2026, 2, 5), dt.date(2026, 1, 5), dt.date(2026, 1, 5)]
    assert read_experiments({"contacts": ibis.memtable(table.drop(columns="arm"))}, DAY, outcome).empty


def test_who_was_not_eligible_or_has_no_outcome_is_left_out():
    date = dt.date(2026, 1, 5)
    rows = pd.DataFrame({"customer_id": ["c", "a", "x", "b"], "as_of": [date] * 4})
    features = pa.table(
        {"customer_id": ["a", "b", "c"], "as_of": [date] * 3, "churned": [1, None, 0], "n": [1.0, 2.0, 3.0]}
    )
    kept, taken = rows_with_features(rows, features)
    assert kept["customer_id"].tolist() == taken["customer_id"].to_pylist() == ["c", "a"]
    assert kept["churned"].tolist() == [0, 1]
