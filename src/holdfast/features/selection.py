"""Select the facts of a measure by kind, columns, keys and other facts."""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from enum import Enum, auto
from functools import partialmethod
from typing import Self

FOREVER = 100_000  # days: longer than any log

Constant = str | float | dt.date  # a date means its midnight


class KeyRule(Enum):
    """Which of the selection's visible facts with an equal key are taken."""

    NONE = auto()  # all
    DISTINCT = auto()  # only the last
    FIRST = auto()  # only the first
    REPEATED = auto()  # those that follow another one within `within_days`


@dataclasses.dataclass(frozen=True)
class Condition:
    """A column compared with constants; null matches no condition.

    Attributes:
        operator: ==, !=, <, <=, > or >=.
        constants: at least one must match; numbers as float, times as microseconds, levels as text.
    """

    column: str
    operator: str
    constants: tuple[float | str, ...]

    def __bool__(self) -> bool:
        raise TypeError("a condition has no truth value: pass several to where(…), which all must be true")


class ColumnReference:
    """A column to compare with constants; see `col`."""

    __hash__ = None  # type: ignore[assignment]  # == makes a condition

    def __init__(self, name: str) -> None:
        self.name = name

    def _compare(self, operator: str, value: Constant) -> Condition:
        return Condition(self.name, operator, (_plain(value),))

    __eq__ = partialmethod(_compare, "==")  # type: ignore[assignment]  # as in pandas, not a bool
    __ne__ = partialmethod(_compare, "!=")  # type: ignore[assignment]
    __lt__ = partialmethod(_compare, "<")
    __le__ = partialmethod(_compare, "<=")
    __gt__ = partialmethod(_compare, ">")
    __ge__ = partialmethod(_compare, ">=")

    def isin(self, values: Iterable[Constant]) -> Condition:
        """Equal to one of the values."""
        return Condition(self.name, "==", tuple(_plain(value) for value in values))


def col(name: str) -> ColumnReference:
    """A column of the stream: `col("amount") > 100`, `col("event").isin(["login", "visit"])`."""
    return ColumnReference(name)


def _plain(value: Constant) -> float | str:
    """A constant as a number, a time in microseconds of the wall clock, or a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date):
        time = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
        return float((time - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1))  # noqa: DTZ001
    if not isinstance(value, int | float):
        raise TypeError(f"compare a column with a text, a number or a time, not with {value!r}")
    return float(value)


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which facts of a stream are measured.

    Attributes:
        kinds: the kinds of facts.
        conditions: all must match.
        key, key_rule, within_days: which of the selected facts with an equal key are taken.
        until: a time column; facts with a visible end before the as-of date are left out.
        since: only facts after the last visible fact of this other selection, of any stream.
    """

    kinds: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    key: str | None = None
    key_rule: KeyRule = KeyRule.NONE
    within_days: int = 0
    until: str | None = None
    since: "Selection | None" = None

    def where(self, *conditions: Condition, **equal: Constant) -> Self:
        """Only facts that match all conditions: `where(col("amount") > 100, channel="web")`.

        Comes before `distinct`, `first` and `repeated`, which then see only the facts that are left.
        """
        if self.key is not None:
            raise TypeError("call where(…) before distinct, first or repeated")
        equals = tuple(col(name) == value for name, value in equal.items())
        return dataclasses.replace(self, conditions=(*self.conditions, *conditions, *equals))

    def distinct(self, key: str) -> Self:
        """One fact for each value of `key`: the last visible one."""
        return self._by_key(key, KeyRule.DISTINCT)

    def first(self, key: str) -> Self:
        """Only facts whose `key` the customer never had before."""
        return self._by_key(key, KeyRule.FIRST)

    def repeated(self, key: str, *, within_days: int = FOREVER) -> Self:
        """Only facts that follow one of the same `key` within so many days."""
        return self._by_key(key, KeyRule.REPEATED, within_days)

    def _by_key(self, key: str, rule: KeyRule, within_days: int = 0) -> Self:
        if self.key is not None:
            raise TypeError(f"the facts are already compared by '{self.key}'")
        return dataclasses.replace(self, key=key, key_rule=rule, within_days=within_days)

    def open(self, until: str) -> Self:
        """Only facts that had not visibly ended (time column `until`)."""
        return dataclasses.replace(self, until=until)

    def since_last(self, other: "Selection") -> Self:
        """Only facts after the last visible fact of another selection; all where it has none."""
        if other.since is not None:
            raise TypeError("the other selection is counted since a third one already")
        return dataclasses.replace(self, since=other)
