"""Attributes that an export overwrote; attributes that are only attributes."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.mutable_columns import judge_attributes, presence_of, undated
from holdfast.audit.settings import AuditSettings

SETTINGS = AuditSettings(dates=3, max_customers=1000, suspicious_auc=0.93, leak_auc=0.98, min_churners=50)
IDS = [f"c{place:03}" for place in range(400)]
# The first 100 are gone at the newest date, the last 100 were not there at the oldest.
PRESENCE = presence_of([pa.array(IDS[:300]), pa.array(IDS[100:])])


def judged(values: Sequence[object]):
    table = pa.table({"customer_id": IDS, "state": values}).take(np.random.default_rng(1).permutation(400))
    return [(one.severity, one.rule) for one in judge_attributes(table, PRESENCE, SETTINGS)]


def test_presence():
    assert PRESENCE.customers.to_pylist() == IDS
    assert (PRESENCE.oldest.sum(), PRESENCE.newest.sum()) == (300, 300)
    assert not (~PRESENCE.oldest & ~PRESENCE.newest).any()


def test_a_state_set_when_customers_leave_is_a_leak():
    assert judged(["closed"] * 100 + ["active"] * 300) == [
        ("leak", "knows_who_is_gone"),
        ("suspicious", "only_in_the_past"),
    ]


def test_a_state_that_some_of_the_gone_have_is_suspicious():
    assert judged(["closed"] * 70 + ["active"] * 330) == [("suspicious", "only_in_the_past")]


def test_a_level_only_of_the_newest_customers_is_suspicious():
    assert judged(["usual"] * 300 + ["trial"] * 100) == [("suspicious", "only_in_the_newest")]


def test_a_special_number_of_the_gone():
    """Neither the lowest nor the highest: no auc_score by size sees it."""
    numbers = np.random.default_rng(2).uniform(-1000, 1000, 400).round(3)
    numbers[:100] = 0.0
    assert ("leak", "knows_who_is_gone") in judged(numbers.tolist())


def test_a_last_login_that_the_export_overwrites():
    assert ("leak", "knows_who_is_gone") in judged([float(place) for place in range(400)])


def test_a_value_that_only_the_gone_lack():
    assert ("leak", "knows_who_is_gone") in judged([None] * 100 + ["active"] * 300)


@pytest.mark.parametrize(
    "values",
    [
        ["home", "office", "hotel", None] * 100,
        [float(place % 17) for place in range(400)],
        [place % 3 == 0 for place in range(400)],
        IDS,
        ["rare"] * 20 + ["usual"] * 380,
        [None] * 400,
    ],
)
def test_ordinary_attributes_are_no_finding(values):
    assert judged(values) == []


@pytest.mark.parametrize(("mapped", "rows", "notes"), [(False, 10, 1), (True, 10, 1), (True, 12, 0)])
def test_what_one_export_cannot_show_is_said(mapped, rows, notes):
    found = undated(("state",), mapped=mapped, rows=rows, customers=10)
    assert [(one.severity, one.columns) for one in found] == [("note", ("state",))] * notes
