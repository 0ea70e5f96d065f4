"""A bucket is worked on with values alone, so that another engine can run the same function elsewhere."""

import dataclasses
import datetime as dt
import subprocess
import sys
from typing import Any

import ibis
from tests.features.logs import purchases, table

from holdfast.features.request import request_at
from holdfast.features.settings import FeatureSettings
from holdfast.snapshots.churn import Inactivity


def values_in(value: Any) -> list[Any]:
    """A value, and all that its fields and elements hold."""
    parts: list[Any] = []
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
    elif isinstance(value, dict):
        parts = [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = list(value)
    return [value, *(inner for part in parts for inner in values_in(part))]


def test_what_a_bucket_needs_is_values() -> None:
    churn = Inactivity(
        kind="inactivity", horizon_days=30, gap_days=0, active_within_days=90, min_history_days=0
    )
    tables = {"transactions": ibis.memtable(table("transactions", purchases(0, 20, 40)))}
    extraction = request_at(
        tables, (), (dt.date(2024, 3, 1),), churn=churn, outcome=churn.outcome(0),
        features=FeatureSettings(windows_days=(30, 90), families={}), known_before=dt.date(2024, 3, 1),
    )  # fmt: skip
    modules = {type(value).__module__.partition(".")[0] for value in values_in(extraction)}
    assert modules <= {"builtins", "datetime", "enum", "numpy", "holdfast"}


def test_extraction_needs_no_engine() -> None:
    code = (
        "import sys, holdfast.features.extraction; print([m for m in ('ibis', 'duckdb') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
