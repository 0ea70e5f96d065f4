"""A finding of the audit: a table or columns, the figures and the next step."""

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

from holdfast.errors import GuardRefused

Severity = Literal["leak", "suspicious", "note"]
SEVERITIES: tuple[Severity, ...] = ("leak", "suspicious", "note")
SHOWN = 6  # columns in a refusal; the report has all


@dataclasses.dataclass(frozen=True)
class Finding:
    """One finding about a table or some of its columns.

    Attributes:
        severity: `leak` refuses (exit 4); `suspicious` needs a look; `note` is for information.
        rule: the stable name of the check.
        table: the contract table.
        columns: features or columns of the table; empty: the whole table.
        found: the evidence in figures; never a customer's row.
        next_step: the setting to change, or where to look.
    """

    severity: Severity
    rule: str
    table: str
    columns: tuple[str, ...]
    found: str
    next_step: str

    def to_dict(self) -> dict[str, Any]:
        """The finding for JSON."""
        return {**dataclasses.asdict(self), "columns": list(self.columns)}

    def to_words(self) -> str:
        """The evidence and the next step as the text of a warning."""
        return f"{self.found}; {self.next_step}"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by severity, the worst first; then by table, columns and rule."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.table, f.columns, f.rule))


def count_severities(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings of each severity."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in SEVERITIES}


def attribute_remedy(name: str) -> str:
    """The next step for an attribute that an export may have overwritten."""
    return (
        f"take '{name}' out of tables.customers.attributes in conf/source/, "
        "or map valid_from, one row for each value the customer had"
    )


def refuse_leaks(findings: list[dict[str, Any]], where: str) -> None:
    """Fail if the audit found a leak.

    Args:
        findings: as JSON (see `Finding.to_dict`).
        where: the report.
    """
    leaks = [finding for finding in findings if finding["severity"] == "leak"]
    if not leaks:
        return
    names = list(dict.fromkeys(column for finding in leaks for column in finding["columns"]))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    raise GuardRefused(
        f"{len(names)} columns know the future" if len(names) > 1 else "a column knows the future",
        where=where,
        found=", ".join(names[:SHOWN]) + more + f"; {leaks[0]['columns'][0]}: {leaks[0]['found']}",
        expected="what is known at an as-of date does not change by what comes later",
        next_step=leaks[0]["next_step"],
    )
