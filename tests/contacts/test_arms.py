"""A customer of a control group was not contacted, whoever asks."""

import datetime as dt

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from holdfast.contacts.days import days_of_contact
from holdfast.contacts.log import contacted_in, source_contacts
from holdfast.scoring.cases import last_contacts
from holdfast.scoring.profile import contacts
from holdfast.streams.definitions import define

SINCE, AS_OF = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
ROWS = pd.DataFrame(
    {
        "customer_id": ["called", "control", "no_arm"],
        "contacted_at": pd.to_datetime(["2026-03-10", "2026-03-11", "2026-03-12"]),
        "known_at": pd.to_datetime(["2026-03-10", "2026-03-11", "2026-03-12"]),
        "channel": ["phone", "phone", "phone"],
        "arm": ["contacted", "control", None],
    }
)
CONTACTED = {"called", "no_arm"}


@pytest.fixture
def tables():
    return {"contacts": ibis.memtable(ROWS)}


def test_in_the_log(tables):
    log = source_contacts(tables, SINCE, AS_OF)
    assert log is not None
    assert set(log["customer_id"]) == CONTACTED
    assert set(contacted_in(log, SINCE, AS_OF)["customer_id"]) == CONTACTED


def test_in_training():
    assert (
        set(days_of_contact(pa.Table.from_pandas(ROWS), SINCE, AS_OF)["customer_id"].to_pylist()) == CONTACTED
    )


def test_in_the_cool_down(tables):
    last = contacts(tables, AS_OF)
    assert last is not None
    assert set(last["customer_id"]) == CONTACTED


def test_in_a_brief(tables):
    assert set(last_contacts(tables["contacts"], AS_OF)) == CONTACTED


def test_in_features(tables):
    facts = define(tables, ())["contacts"].facts.to_pandas()
    assert set(facts["customer_id"]) == CONTACTED
