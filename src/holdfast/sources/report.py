"""What became of a raw table: the counts that must add up, and the span of its times."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TableReport:
    """One table's way through its contract.

    Attributes:
        read: raw rows, malformed lines included; always accepted + rejected + left_out.
        left_out: rows for which the table's `where` was not true.
        by_rule: rejected rows by the first rule they broke.
        first_occurred_at, last_known_at: of the accepted rows, ISO 8601 wall-clock; None: no such time.
        late_days_99: within how many days of happening 99% of the accepted rows were known, rounded up to
            the hour; 0 where `known_at` is not mapped.
        columns: of the validated table, in order.
        overruled: accepted customers who may not be contacted because a duplicate of their row says so.
    """

    name: str
    read: int
    accepted: int
    rejected: int
    left_out: int
    by_rule: dict[str, int]
    first_occurred_at: str | None
    last_known_at: str | None
    late_days_99: float
    columns: list[str]
    overruled: int = 0

    def __post_init__(self) -> None:
        assert self.accepted + self.rejected + self.left_out == self.read, f"rows of {self.name} were lost"
        assert sum(self.by_rule.values()) == self.rejected, f"rejected rows of {self.name} were lost"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        return asdict(self)
