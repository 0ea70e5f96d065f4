"""The terminal's table of the first customers to call; no names, because terminal output ends in logs."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.table import Table
from rich.text import Text

from holdfast.terminal import WIDE, width_of


def first_calls(customers: Sequence[Mapping[str, Any]], as_of: date, *, currency: str | None = None) -> Table:
    """The first customers of the list: id, churn probability, value at risk, reason and next step."""
    narrow = (width_of() or WIDE) < WIDE
    unit = f"{chr(10) if narrow else ' '}({currency})" if currency else ""
    table = Table(title=f"The first {len(customers)} to call, as of {as_of.isoformat()}")
    table.add_column("#", justify="right", no_wrap=narrow)
    table.add_column("customer", overflow="fold")
    table.add_column("churn", justify="right", no_wrap=narrow)
    table.add_column(f"revenue\nat risk{unit}", justify="right", no_wrap=narrow)
    table.add_column("risk drivers", ratio=2, overflow="fold")
    table.add_column("next step", ratio=3, overflow="fold")
    for row in customers:
        table.add_row(
            str(row["rank"]), _plain(row["customer_id"]), f"{row['churn_probability']:.0%}",
            f"{row['value_at_risk']:,.0f}", _plain(row["reason_1"]),
            _plain(f"{row['channel']}: {row['recommended_action']}"),
        )  # fmt: skip
    if not customers:
        table.caption = "Nobody: see the counts for where the eligible customers went."
    return table


def _plain(value: object) -> Text:
    """Text from the data without markup and without terminal control characters."""
    text = "" if value is None else str(value)
    return Text("".join(char if char.isprintable() else " " for char in text))
