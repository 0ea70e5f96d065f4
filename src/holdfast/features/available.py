"""Whether a source has the columns of a feature; a feature without its columns is left out."""

from collections.abc import Mapping

from holdfast.errors import SettingError
from holdfast.features.expressions import Expression
from holdfast.features.selection import Condition, Selection
from holdfast.streams.facts import CLOCK
from holdfast.streams.stream import Stream


def available(value: Expression, stream_of: Mapping[str, Stream]) -> bool:
    """Whether the source has the streams and columns that an expression is computed from.

    Args:
        stream_of: kind of fact → the stream that has it.

    Raises:
        SettingError: the expression is invalid for every source.
    """
    return all(
        selectable(measure.selection, stream_of)
        and readable(measure.value.column, stream_of[measure.selection.kinds[0]])
        for measure in value.measures()
    )


def selectable(selection: Selection, stream_of: Mapping[str, Stream]) -> bool:
    """Whether the source has the kinds, columns and keys of a selection."""
    stream = stream_of.get(selection.kinds[0])
    return (
        stream is not None
        and any(kind in stream.mapped_kinds for kind in selection.kinds)
        and all(
            readable(condition.column, stream) and comparable(condition, stream)
            for condition in selection.conditions
        )
        and (selection.key is None or selection.key in (*CLOCK, *stream.keys))
        and (selection.until is None or selection.until in stream.ends)
        and (selection.since is None or selectable(selection.since, stream_of))
    )


def readable(column: str | None, stream: Stream) -> bool:
    """Whether a stream has a column that features may read; None (no column is read) is readable."""
    if column in stream.ends:
        raise SettingError(
            "a feature reads a time that is known only when it has come",
            where=f"features/families, column {stream.name}.{column}",
            next_step=f"select open facts by it: select(…).open('{column}')",
        )
    return column is None or column in stream.numbers + stream.levels


def comparable(condition: Condition, stream: Stream) -> bool:
    """True, or an error if a text is compared with a number or time."""
    is_text = condition.column in stream.levels
    if any(isinstance(constant, str) != is_text for constant in condition.constants):
        raise SettingError(
            "a feature compares a column with a constant of another type",
            where=f"features/families, where(…) on {stream.name}.{condition.column}",
            found=str(condition.constants),
            expected="a text" if is_text else "a number or a time",
        )
    return True
