"""Columns that know the future, looked for beside a model: too good alone, or overwritten by an export."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from holdfast.audit.auc_trend import attribute_columns, judge_trends, measure_trends, mutable_columns
from holdfast.audit.findings import Finding, in_order
from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import PERFECT_AUC, judge_signals, measure_signals
from holdfast.features.families import FAMILIES

NAMED_AUC = 0.9  # a column that ranks so well alone is named beside a model that is too good to be true
PROFILE = "profile__"  # attributes of customers
MIN_CHURNERS = 20


def find_suspects(rows: pa.Table, columns: Mapping[str, Any]) -> dict[str, float]:
    """Columns that alone rank all labelled rows almost perfectly, by their values or by having one.

    What is counted from dated facts may rank well and be honest, as silence does: it must be all but perfect.
    """
    suspects = {}
    names = [name for name in columns if name in rows.column_names]
    given = {name for name in names if pa.types.is_dictionary(rows[name].type) or name.startswith(PROFILE)}
    for signal in measure_signals(rows, names, MIN_CHURNERS):
        best = max(signal.value_auc or 0.0, signal.missing_auc or 0.0)
        if best >= (NAMED_AUC if signal.column in given else PERFECT_AUC):
            suspects[signal.column] = best
    return suspects


def find_leaks(
    rows: pa.Table, columns: Mapping[str, Any], undated_attributes: tuple[str, ...], settings: AuditSettings
) -> list[Finding]:
    """Columns that know the future or may know it, as the audit finds them; leaks first, no mere notes.

    Args:
        undated_attributes: attributes of customers of which no `valid_from` says since when they hold.
    """
    names = [name for name in columns if name in rows.column_names]
    undated = attribute_columns(names, undated_attributes) if undated_attributes else {}
    streams = {family.name: family.stream for family in FAMILIES}
    tables = {name: streams.get(name.partition("__")[0], "") for name in names}
    trends = measure_trends(rows, mutable_columns(rows, names, undated), settings.min_churners)
    findings = judge_trends(trends, tables, undated, settings)
    named = {column for finding in findings for column in finding.columns}
    signals = measure_signals(rows, [name for name in names if name not in named], settings.min_churners)
    findings += judge_signals(signals, tables, undated, settings)
    return in_order(finding for finding in findings if finding.severity != "note")
