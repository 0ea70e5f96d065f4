"""The training specification: all settings of a training. It is stored with the model and compared later.

If a challenger's specification equals the champion's, the challenger is the same model on newer data. If not,
the champion's specification is refitted on the challenger's rows. That comparison would be unfair if the
challenger's table has less data than the champion's specification asks for (see `find_lacking`).
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ValidationError

from holdfast.features.settings import FeatureSettings
from holdfast.model.matrix import CONTACT_FLAG, KEYS
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import Split, Splits, with_both_classes
from holdfast.settings import Settings
from holdfast.text.settings import TextSettings, Words
from holdfast.timeline.grid import default_step_days
from holdfast.timeline.settings import TimelineSettings

NAMED = 4  # families named in a message

AnySettings = TypeVar("AnySettings", bound=Settings)


@dataclasses.dataclass(frozen=True)
class TrainingSpec:
    """All settings of a training, except the churn definition, which is the same for all models of a root.

    Attributes:
        model: settings of the model: as given, or from tuning.
        timeline, features: settings of snapshots and columns.
        texts: settings and word lists for texts; None: no texts are used.
        source: for each table the column mapping, `where` and `attributes`; not the files.
        columns: the names of all features, sorted.
    """

    model: ModelSettings
    timeline: TimelineSettings
    features: FeatureSettings
    texts: dict[str, Any] | None
    source: dict[str, Any]
    columns: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        settings = {
            name: getattr(self, name).model_dump(mode="json") for name in ("model", "timeline", "features")
        }
        parts = {"texts": self.texts, "source": self.source, "columns": list(self.columns)}
        return json.loads(json.dumps({**settings, **parts}))  # type: ignore[no-any-return]


def text_spec(settings: TextSettings, words: Mapping[str, Words]) -> dict[str, Any]:
    """The settings and word lists for texts."""
    lists = {language: word_lists.model_dump(mode="json") for language, word_lists in words.items()}
    return {"text": settings.model_dump(mode="json"), "words": lists}


def read_spec(content: Mapping[str, Any], challenger: TrainingSpec) -> TrainingSpec | None:
    """Read a stored specification; missing settings of timeline and features are taken from the challenger.

    Returns:
        None: this version cannot read the settings of the model.
    """
    try:
        if content["texts"] is not None:
            TextSettings.model_validate(content["texts"]["text"])
        return TrainingSpec(
            ModelSettings.model_validate(content["model"]),
            _completed(content["timeline"], challenger.timeline),
            _completed(content["features"], challenger.features),
            content["texts"], content["source"], tuple(content["columns"]),
        )  # fmt: skip
    except (KeyError, ValidationError):
        return None


def _completed(stored: Mapping[str, Any], challenger: AnySettings) -> AnySettings:
    """Stored settings, completed from `challenger`; names unknown to this version are ignored."""
    known = {name: value for name, value in stored.items() if name in type(challenger).model_fields}
    return type(challenger).model_validate(challenger.model_dump() | known)


@dataclasses.dataclass(frozen=True)
class Available:
    """The data of a challenger's table, and the data that the champion's specification would give today.

    Attributes:
        dates: the as-of dates of the table, oldest first.
        sampled: whether its rows are those of a sample of the customers.
        champion_dates: the mature dates of the champion's timeline on the same day.
        champion_columns: the columns of the champion's feature settings on today's source.
        horizon_days: the length of the outcome window.
    """

    dates: tuple[dt.date, ...]
    sampled: bool
    champion_dates: tuple[dt.date, ...]
    champion_columns: Collection[str]
    horizon_days: int


def find_lacking(challenger: TrainingSpec, champion: TrainingSpec, available: Available) -> list[str]:
    """The data that the champion's specification would use today and the challenger's table lacks.

    Columns that the source no longer has do not count: the champion could not be scored with them either.
    """
    lacking = []
    wanted, dates = available.champion_dates, available.dates
    slack = max(step_days(spec.timeline, available.horizon_days) for spec in (challenger, champion))
    if len(wanted) > len(dates):
        lacking.append(f"{len(dates)} as-of dates instead of {len(wanted)} (timeline.*)")
    elif wanted and (dates[0] - wanted[0]).days > slack:
        lacking.append(f"as-of dates from {dates[0]} on instead of {wanted[0]} (timeline.*)")
    columns = set(available.champion_columns) & set(champion.columns) - set(challenger.columns)
    if columns:
        families = sorted({name.partition("__")[0] for name in columns})
        more = f" and {len(families) - NAMED} more" if len(families) > NAMED else ""
        lacking.append(f"{len(columns)} columns of {', '.join(families[:NAMED])}{more} (features.*)")
    own_max, champion_max = challenger.timeline.max_rows, champion.timeline.max_rows
    if own_max < champion_max and available.sampled:
        lacking.append(f"a sample of {own_max:,} rows instead of {champion_max:,} (timeline.max_rows)")
    return lacking


def describe_lacking(lacking: list[str], champion_as_of: dt.date) -> str:
    """Why a challenger with less data is not compared with the champion, and what to do."""
    return (
        "it has less to learn from than the champion, whose specification cannot be fitted on it: "
        f"{'; '.join(lacking)}. Train with all that the champion has; or once the test begins on "
        f"{champion_as_of} or later, where the champion speaks for itself; or, to do without it for good, "
        "with gate.allow_less_data=true: then it is compared with what is left of the champion's "
        "specification"
    )


def reduce_to(
    champion: TrainingSpec, challenger: TrainingSpec, available: Available, rows: pa.Table, splits: Splits
) -> tuple[pa.Table, Splits]:
    """Reduce a challenger's rows to the columns and training dates of the champion's specification.

    The champion's grid of as-of dates is counted back from the last training date. For each date of the grid
    the nearest available date is used.
    """
    if champion.columns != challenger.columns or champion.features != challenger.features:
        wanted = set(available.champion_columns) & set(champion.columns)
        keys = [name for name in rows.column_names if name in (*KEYS, CONTACT_FLAG)]
        kept = [name for name in rows.column_names if name in keys or name in wanted]
        rows = rows.select(kept) if len(kept) > len(keys) else rows
    policy = {"contacted_policy": champion.timeline.contacted_policy}
    if champion.timeline == challenger.timeline.model_copy(update=policy):
        return rows, splits
    as_of, churned = rows["as_of"].to_numpy().astype("datetime64[D]"), rows["churned"].to_numpy()
    step, count = step_days(champion.timeline, available.horizon_days), champion.timeline.snapshots

    def reduce(split: Split) -> Split:
        reduced = Split(split.train[on_grid(as_of[split.train], step, count)], split.valid)
        return reduced if with_both_classes((reduced,), churned) else split

    folds = tuple(map(reduce, splits.folds))
    return rows, dataclasses.replace(splits, folds=folds, test=reduce(splits.test))


def on_grid(as_of: NDArray[np.datetime64], step: int, count: int) -> NDArray[np.bool_]:
    """(rows,) whether each as-of date is the nearest to one of `count` dates, `step` days apart.

    Args:
        as_of: (rows,) days; the grid is counted back from the last one.
    """
    dates = np.unique(as_of)
    back = (dates[-1] - dates).astype(np.int64)
    wanted = step * np.arange(min(count, back[0] // step + 1))
    nearest = np.abs(back[None, :] - wanted[:, None]).argmin(axis=1)
    return np.isin(as_of, dates[nearest])


def step_days(timeline: TimelineSettings, horizon_days: int) -> int:
    """Days between two as-of dates."""
    return timeline.step_days or default_step_days(horizon_days)
