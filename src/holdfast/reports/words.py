"""Format numbers, shares and settings for people."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

NOTHING = "–"


def number(value: Any, digits: int = 3) -> str:
    """A number with fixed decimals; a dash if undefined."""
    if not _is_finite(value):
        return NOTHING
    return f"{value:.{digits}f}"


def count(value: Any) -> str:
    """A whole number with commas between thousands, as on the pages of lists in English."""
    return f"{value:,.0f}" if _is_finite(value) else NOTHING


def interval(low: Any, high: Any, write: Callable[[Any], str]) -> str:
    """The limits of an interval, each written by `write`; NOTHING: they are unknown."""
    return f"{write(low)} to {write(high)}" if _is_finite(low) else NOTHING


def share(value: Any) -> str:
    """A share as per cent, with a decimal where it is small."""
    if not _is_finite(value):
        return NOTHING
    return f"{value:.1%}" if value < 0.1 else f"{value:.0%}"


def churned_means(content: Mapping[str, Any]) -> str:
    """The sentence that says what churned customers did."""
    return f"Churned means: {content['churned_means']}."


def settings_as_rows(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as rows of a dotted key and its value; lists of mappings are numbered."""
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from settings_as_rows(value, f"{name}.")
        elif isinstance(value, list | tuple) and any(isinstance(part, Mapping) for part in value):
            yield from settings_as_rows(dict(enumerate(value)), f"{name}.")  # type: ignore[arg-type]
        else:
            yield name, "null" if value is None else str(value)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
