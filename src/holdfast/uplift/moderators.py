"""Moderators of the effect of a contact: feature columns as standardised terms."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.model.logistic import Terms, fit_terms
from holdfast.model.matrix import Columns, encode, select_columns
from holdfast.uplift.settings import UpliftSettings

MAX_LEVELS = 5  # of a text column: each level is a term
ATTRIBUTES = "profile__"  # customers' attributes
MAX_DEVIATION = 3.0  # standard deviations: nothing was learned about customers farther away

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Moderators:
    """Standardised terms of the columns.

    Attributes:
        columns: the features, and the levels of text features.
        scaled: from the columns to the terms.
    """

    columns: Columns
    scaled: Terms

    def terms(self, features: pa.Table) -> Floats:
        """(rows, terms) at most MAX_DEVIATION from 0; a null counts as 0."""
        terms = self.scaled.transform(encode(features, self.columns)).astype(np.float64)
        return terms.clip(-MAX_DEVIATION, MAX_DEVIATION)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, to the last digit."""
        terms = {name: values.tolist() for name, values in vars(self.scaled).items()}
        return {"columns": dataclasses.asdict(self.columns), "terms": terms}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Moderators":
        """From `to_dict`."""
        return cls(Columns.from_dict(content["columns"]), Terms.from_dict(content["terms"]))

    @property
    def names(self) -> list[str]:
        """(terms,) the column of each term; of a level `column=level`."""
        names = [self.columns.names[position] for position in self.scaled.column]
        return [
            name if code < 0 else f"{name}={self.columns.levels[name][code]}"
            for name, code in zip(names, self.scaled.level, strict=True)
        ]


def learn_moderators(features: pa.Table, max_levels: int = MAX_LEVELS) -> Moderators:
    """From the rows to learn from; columns that are constant there are left out."""
    columns = select_columns(features, max_levels)
    return Moderators(columns, fit_terms(encode(features, columns), columns)[0])


def choose_moderators(columns: Iterable[str], settings: UpliftSettings) -> list[str]:
    """The columns of a features table for the moderators, one for each.

    It is the column over all history if there is no window, else the longest window of at most `window_days`,
    or the shortest window if all are longer.
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
    return columns[max((window for window in days if window <= most), default=days[0])]
