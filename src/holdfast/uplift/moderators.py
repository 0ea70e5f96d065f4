"""What may make a difference to what a contact changes: columns of features as standardised terms."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.model.linear import LEAST_SCALE, median_of, raw_terms, standardise, term_list
from holdfast.model.matrix import Columns, encode, learn_columns
from holdfast.uplift.settings import UpliftSettings

MOST_LEVELS = 5  # of a text: each takes a term of its own
ATTRIBUTES = "profile__"  # customers' attributes
FARTHEST = 3.0  # deviations: of somebody who is like nobody in the lists nothing was learned

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Moderators:
    """Terms of the columns: signed logs of numbers, indicators of levels, about 0 in units of their spread.

    Attributes:
        columns: in the order of the terms, and what codes of levels stand for.
        middle, centre, scale: (terms,) as of `model.linear.Linear`.
    """

    columns: Columns
    middle: Floats
    centre: Floats
    scale: Floats

    def terms(self, features: pa.Table) -> Floats:
        """(rows, terms) at most FARTHEST from 0; a null is where the median is."""
        raw = raw_terms(encode(features, self.columns), *term_list(self.columns))
        return (
            standardise(raw, self.middle, self.centre, self.scale)
            .astype(np.float64)
            .clip(-FARTHEST, FARTHEST)
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it, to the last digit."""
        numbers = {name: getattr(self, name).tolist() for name in ("middle", "centre", "scale")}
        return {"columns": self.columns.to_dict(), **numbers}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Moderators":
        """From `to_dict`."""
        numbers = (np.array(content[name], np.float64) for name in ("middle", "centre", "scale"))
        return cls(Columns.from_dict(content["columns"]), *numbers)

    @property
    def names(self) -> list[str]:
        """(terms,) the column of each term, of a level `column=level`."""
        column, level = term_list(self.columns)
        return [
            name if code < 0 else f"{name}={self.columns.levels[name][code]}"
            for name, code in zip((self.columns.names[place] for place in column), level, strict=True)
        ]


def learn_moderators(features: pa.Table) -> Moderators:
    """From the rows that are learned from; columns that tell none of them apart are left out."""
    columns = learn_columns(features, MOST_LEVELS)
    raw = raw_terms(encode(features, columns), *term_list(columns))
    middle = np.array([median_of(values[~np.isnan(values)]) for values in raw.T])
    filled = np.where(np.isnan(raw), middle, raw)
    spread = filled.std(axis=0)
    return Moderators(columns, middle, filled.mean(axis=0), np.where(spread > LEAST_SCALE, spread, 1.0))


def choose_moderators(columns: Iterable[str], settings: UpliftSettings) -> list[str]:
    """Of the columns of a features table those that may make a difference: one for each moderator.

    The one over all history where there is no window; else the longest window of at most `window_days`,
    or the shortest where all are longer.
    """
    windows: dict[str, dict[int, str]] = {}
    for column in columns:
        feature, _, window = column.rpartition("__")
        windows.setdefault(feature, {})[0 if window == "all" else int(window.removesuffix("d"))] = column
    wanted = [*settings.moderators]
    if settings.attributes:
        wanted += [name for name in windows if name.startswith(ATTRIBUTES) and name not in wanted]
    return [_choose_window(windows[name], settings.window_days) for name in wanted if name in windows]


def _choose_window(columns: Mapping[int, str], most: int) -> str:
    """The column of one feature; `columns`: by days, 0: over all history."""
    days = sorted(days for days in columns if days) or [0]
    return columns[max((one for one in days if one <= most), default=days[0])]
