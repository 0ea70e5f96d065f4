"""The errors of Holdfast as a tree; each branch has one exit code.

HoldfastError                 1  the machine failed (`system_errors`), or an unexpected error
├─ SettingError               2  a setting or a command is wrong: correct the call or the file in conf/
├─ DataRefused                3  the data cannot be used: correct the source
├─ GuardRefused               4  a guard would not publish the result
├─ LockHeld                   5  another run is writing below the same root
├─ NoFitModel                 6  there is no model that can do what was asked
└─ NotDelivered               7  the list is published, but did not get where else it should go

Messages never hold customers' rows: counts, names of columns, files and rules only.
"""

import difflib
from collections.abc import Iterable


class HoldfastError(Exception):
    """One clear refusal.

    Args:
        what: what is wrong, in one sentence.
        where: the setting, table or file.
        found, expected: the wrong value and the right one.
        next_step: what the reader can do now, ideally a command.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        next_step: str | None = None,
    ) -> None:
        self.what = what
        self.lines = {"where": where, "found": found, "expected": expected, "next": next_step}
        super().__init__(self.block())

    def block(self) -> str:
        """The error as the short block that a user reads."""
        details = [f"  {name + ':':<10}{text}" for name, text in self.lines.items() if text]
        return "\n".join([self.what, *details])


class SettingError(HoldfastError):
    """A setting, its combination with another, or a command is wrong."""

    exit_code = 2


class DataRefused(HoldfastError):
    """The data is missing, unreadable, or breaks its contract beyond the limit."""

    exit_code = 3


class GuardRefused(HoldfastError):
    """The result was made, but a guard would not let it be published."""

    exit_code = 4


class LockHeld(HoldfastError):
    """Another run holds the lock of this root."""

    exit_code = 5


class NoFitModel(HoldfastError):
    """No model can be trained or used for what was asked."""

    exit_code = 6


class NotDelivered(HoldfastError):
    """The list is published; the same command, run again, delivers it."""

    exit_code = 7


def first_line(error: Exception) -> str:
    """The first line of the message of a library's error; without a message, the error's name."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def by_likeness(name: str, names: Iterable[str]) -> list[str]:
    """All `names`, those most like `name` first; the last part of a dotted name counts, too."""

    def likeness(option: str) -> float:
        ends = {option.lower(), option.lower().rpartition(".")[2]}
        return max(difflib.SequenceMatcher(None, name.lower(), end).ratio() for end in ends)

    return sorted(names, key=likeness, reverse=True)


def nearest(name: str, names: Iterable[str]) -> str:
    """The hint `did you mean …?` if `name` is nearly one of `names`, else all `names`."""
    options = sorted(names)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known: " + ", ".join(options)
