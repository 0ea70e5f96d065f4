"""What an audit names: one finding a column or table, with figures and what to do next."""

import dataclasses
from collections.abc import Iterable
from typing import Any, Literal

Severity = Literal["leak", "suspicious", "note"]
SEVERITIES: tuple[Severity, ...] = ("leak", "suspicious", "note")


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something to know about a table or some columns of it.

    Attributes:
        severity: `leak` refuses (exit 4); `suspicious` should be looked at; `note` is good to know.
        rule: a stable name of what was looked for.
        table: the contract table it is about.
        columns: features or columns of the table; empty: the table as a whole.
        found: what was found, in figures; never a customer's row.
        next_step: the setting to change, or where to look.
    """

    severity: Severity
    rule: str
    table: str
    columns: tuple[str, ...]
    found: str
    next_step: str

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON holds it."""
        return {**dataclasses.asdict(self), "columns": list(self.columns)}

    def to_words(self) -> str:
        """What was found and what to do, as a warning says it."""
        return f"{self.found}; {self.next_step}"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first; then by table, columns and rule."""
    return sorted(
        findings, key=lambda one: (SEVERITIES.index(one.severity), one.table, one.columns, one.rule)
    )


def count_severities(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings of each severity."""
    counts: dict[str, int] = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def attribute_remedy(name: str) -> str:
    """What to do about an attribute that an export may have overwritten."""
    return (
        f"take '{name}' out of tables.customers.attributes in conf/source/, "
        "or map valid_from, one row for each value the customer had"
    )
