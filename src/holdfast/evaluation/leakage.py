"""Find leaking columns during training: columns that rank too well alone, or that exports overwrite."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from holdfast.audit.auc_trend import attribute_columns, judge_trends, measure_trends, mutable_columns
from holdfast.audit.findings import Finding, in_order
from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import PERFECT_AUC, judge_signals, measure_signals
from holdfast.features.families import FAMILIES

NAMED_AUC = 0.9  # an attribute that ranks so well alone is a suspect when the model is too good to be true
PROFILE = "profile__"  # attributes of customers
MIN_CHURNERS = 20


def find_suspects(rows: pa.Table, columns: Mapping[str, Any]) -> dict[str, float]:
    """Columns that alone rank all labelled rows almost perfectly, by their values or by being missing.

    Features of dated facts, such as days of silence, may honestly rank well: they must be nearly perfect.
    """
    suspects = {}
    names = [name for name in columns if name in rows.column_names]
    attributes = {
        name for name in names if pa.types.is_dictionary(rows[name].type) or name.startswith(PROFILE)
    }
    for signal in measure_signals(rows, names, MIN_CHURNERS):
        best = max(signal.value_auc or 0.0, signal.missing_auc or 0.0)
        if best >= (NAMED_AUC if signal.column in attributes else PERFECT_AUC):
            suspects[signal.column] = best
    return suspects


def find_leaks(
    rows: pa.Table, columns: Mapping[str, Any], undated_attributes: tuple[str, ...], settings: AuditSettings
) -> list[Finding]:
    """The audit's findings about leaking columns, leaks first, without notes.

    Args:
        undated_attributes: attributes of customers without a `valid_from`.
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
