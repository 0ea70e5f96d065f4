"""What an audit finds beside the experiment: tables stamped in bulk, and columns that leak by themselves."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from ibis import Table

from holdfast.audit.courses import attribute_columns, judge_courses, measure_courses, overwritable
from holdfast.audit.findings import Finding
from holdfast.audit.overwritten import Presence, judge_attributes, undated
from holdfast.audit.settings import AuditSettings
from holdfast.audit.shift import Shift, judge_shifts, measure_shifts
from holdfast.audit.signals import Signal, judge_signals, measure_signals
from holdfast.audit.timing import judge_timing, measure_timing


def judge_tables(
    tables: Mapping[str, Table], attributes: tuple[str, ...], presence: Presence, settings: AuditSettings
) -> tuple[list[Finding], tuple[str, ...]]:
    """Findings about the validated tables, and the attributes that nothing dates.

    Args:
        attributes: the columns of customers that the source lists as such.
    """
    findings = []
    for name, table in tables.items():
        findings += judge_timing(measure_timing(name, table))
    if not attributes or "customers" not in tables:
        return findings, ()
    people = tables["customers"]
    rows, customers = (
        int(value.to_pyarrow().as_py()) for value in (people.count(), people.customer_id.nunique())
    )
    notes = undated(attributes, mapped="valid_from" in people.columns, rows=rows, customers=customers)
    if not notes:
        return findings, ()
    values = people.select("customer_id", *attributes).to_pyarrow()
    return [*findings, *notes, *judge_attributes(values, presence, settings)], attributes


def judge_columns(
    rows: pa.Table, newest: pa.Table, tables: Mapping[str, str], attributes: tuple[str, ...],
    settings: AuditSettings,
) -> tuple[dict[str, Any], list[Finding]]:  # fmt: skip
    """The figures of every column (signal and shift), and findings about them.

    Args:
        rows: the labelled snapshots of a training.
        newest: features at the newest date.
        tables: column → the contract table that it is made from.
        attributes: customers' attributes that nothing dates.
    """
    columns = [name for name in tables if name in rows.column_names]
    signals = measure_signals(rows, columns, settings.min_churners)
    shifts = measure_shifts(oldest(rows), newest, columns)
    undated_columns = attribute_columns(columns, attributes)
    findings = judge_signals(signals, tables, undated_columns, settings)
    given = overwritable(rows, columns, undated_columns)
    courses = measure_courses(rows, given, settings.min_churners)
    findings += judge_courses(courses, tables, undated_columns, settings)
    findings += judge_shifts([one for one in shifts if one.column not in undated_columns], tables)
    return describe_columns(signals, shifts), findings


def oldest(rows: pa.Table) -> pa.Table:
    """The snapshots of the oldest third of the training dates."""
    dates = sorted(set(rows["as_of"].to_pylist()))
    last = dates[(len(dates) - 1) // 3] if dates else None
    return rows.filter(pa.array([day <= last for day in rows["as_of"].to_pylist()], pa.bool_()))


def describe_columns(signals: list[Signal], shifts: list[Shift]) -> dict[str, Any]:
    """Column → its figures, as JSON holds them; what could not be judged is null."""
    moved = {one.column: one for one in shifts}
    figures = {}
    for signal in signals:
        shift = moved.get(signal.column)
        figures[signal.column] = {
            "value_auc": signal.value_auc,
            "missing_auc": signal.missing_auc,
            "psi": shift.psi if shift else None,
            "missing_old": shift.missing_old if shift else None,
            "missing_new": shift.missing_new if shift else None,
        }
    return figures
