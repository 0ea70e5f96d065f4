"""Audit checks beside the experiment: bulk time stamps, mutable attributes and columns that leak alone."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from ibis import Table

from holdfast.audit.auc_trend import attribute_columns, judge_trends, measure_trends, mutable_columns
from holdfast.audit.covariate_shift import CovariateShift, judge_shifts, measure_shifts
from holdfast.audit.findings import Finding
from holdfast.audit.mutable_columns import Presence, judge_attributes, undated
from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import Signal, judge_signals, measure_signals
from holdfast.audit.timing import judge_timing, measure_timing


def judge_tables(
    tables: Mapping[str, Table], attributes: tuple[str, ...], presence: Presence, settings: AuditSettings
) -> tuple[list[Finding], tuple[str, ...]]:
    """Findings about the validated tables, and which of the customers' attributes have no date."""
    findings = [
        finding for name, table in tables.items() for finding in judge_timing(measure_timing(name, table))
    ]
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
    rows: pa.Table, latest: pa.Table, tables: Mapping[str, str], attributes: tuple[str, ...],
    settings: AuditSettings,
) -> tuple[dict[str, Any], list[Finding]]:  # fmt: skip
    """The figures of every column (signal and covariate shift), and the findings about them.

    Args:
        latest: features at the audit's as-of date.
        tables: column → the contract table it is computed from.
        attributes: customer attributes without a date.
    """
    columns = [name for name in tables if name in rows.column_names]
    signals = measure_signals(rows, columns, settings.min_churners)
    shifts = measure_shifts(oldest_third(rows), latest, columns)
    undated_columns = attribute_columns(columns, attributes)
    findings = judge_signals(signals, tables, undated_columns, settings)
    mutable = mutable_columns(rows, columns, undated_columns)
    trends = measure_trends(rows, mutable, settings.min_churners)
    findings += judge_trends(trends, tables, undated_columns, settings)
    findings += judge_shifts([shift for shift in shifts if shift.column not in undated_columns], tables)
    return describe_columns(signals, shifts), findings


def oldest_third(rows: pa.Table) -> pa.Table:
    """The snapshots of the oldest third of the training dates."""
    dates = sorted(set(rows["as_of"].to_pylist()))
    last = dates[(len(dates) - 1) // 3] if dates else None
    return rows.filter(pa.array([day <= last for day in rows["as_of"].to_pylist()], pa.bool_()))


def describe_columns(signals: list[Signal], shifts: list[CovariateShift]) -> dict[str, Any]:
    """Column → its figures for JSON; a figure that could not be computed is null."""
    by_column = {shift.column: shift for shift in shifts}
    return {
        signal.column: {
            "value_auc": signal.value_auc,
            "missing_auc": signal.missing_auc,
            **{
                name: getattr(by_column.get(signal.column), name, None)
                for name in ("psi", "missing_old", "missing_new")
            },
        }
        for signal in signals
    }
