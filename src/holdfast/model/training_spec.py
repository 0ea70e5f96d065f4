"""What a model is trained by beside its data: kept beside it, and held against a challenger's.

A training is the champion's specification on newer data only where all of it is equal. Where it is not, the
champion's is fitted anew on what of it the challenger's table holds; a table that holds less than the
champion would have had cannot show what the champion is worth.
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

NAMED = 4  # families that a reason names
SAMPLED = 0.9  # of the most rows: customers were sampled

Known = TypeVar("Known", bound=Settings)


@dataclasses.dataclass(frozen=True)
class TrainingSpec:
    """What a model is trained by. The churn question is not part of it: a root serves one.

    Attributes:
        model: as given, or as a search found them.
        timeline, features: which snapshots and columns.
        texts: settings and word lists that texts are read with; None: none are read.
        source: of each table which raw columns are mapped how, `where` and `attributes`; not which files.
        columns: all that features made, sorted.
    """

    model: ModelSettings
    timeline: TimelineSettings
    features: FeatureSettings
    texts: dict[str, Any] | None
    source: dict[str, Any]
    columns: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        settings = {
            name: getattr(self, name).model_dump(mode="json") for name in ("model", "timeline", "features")
        }
        parts = {"texts": self.texts, "source": self.source, "columns": list(self.columns)}
        return json.loads(json.dumps({**settings, **parts}))  # type: ignore[no-any-return]


def text_spec(settings: TextSettings, words: Mapping[str, Words]) -> dict[str, Any]:
    """The settings and word lists that texts are read with."""
    lists = {language: own.model_dump(mode="json") for language, own in words.items()}
    return {"text": settings.model_dump(mode="json"), "words": lists}


def read_spec(
    content: Mapping[str, Any] | None, card: Mapping[str, Any], own: TrainingSpec
) -> TrainingSpec | None:
    """The specification of a model.

    What it does not say (settings that came later, word lists) counts as in `own`.

    Args:
        content: as it was kept; None: an older version of Holdfast kept none, and the card says what it can.
        own: a challenger's.

    Returns:
        None: its settings of the model mean nothing to this version.
    """
    found = content or card.get("settings") or {}
    try:
        model = ModelSettings.model_validate(found["model"])
    except (KeyError, ValidationError):
        return None
    timeline = dict(found.get("timeline") or {})
    timeline.setdefault("contacted_policy", found.get("treated", "keep"))  # where it stood before 0.2
    return TrainingSpec(
        model,
        _completed(timeline, own.timeline),
        _completed(found.get("features"), own.features),
        found.get("texts", _texts_by(found.get("text"), own) if model.text else None),
        found.get("source", own.source),
        tuple(found.get("columns", own.columns)),
    )


def _texts_by(settings: dict[str, Any] | None, own: TrainingSpec) -> dict[str, Any] | None:
    """How texts were read, by the card of an older version: it does not name the words."""
    return own.texts if own.texts is None or settings is None else own.texts | {"text": settings}


def _completed(found: dict[str, Any] | None, own: Known) -> Known:
    """Settings as they were written down, as far as this version knows them; what is missing as in `own`."""
    kind = type(own)
    known = {name: value for name, value in (found or {}).items() if name in kind.model_fields}
    try:
        return kind.model_validate(own.model_dump() | known)
    except ValidationError:
        return own


@dataclasses.dataclass(frozen=True)
class Available:
    """What a challenger's table holds, and what the champion's specification would have had today.

    Attributes:
        dates: the as-of dates of the table, oldest first.
        rows: how many snapshots it has.
        champion_dates: the mature dates that the champion's timeline would give on the same day.
        champion_columns: the columns that the champion's settings of the features make of today's source.
        horizon_days: of the churn question.
    """

    dates: tuple[dt.date, ...]
    rows: int
    champion_dates: tuple[dt.date, ...]
    champion_columns: Collection[str]
    horizon_days: int


def find_lacking(own: TrainingSpec, champion: TrainingSpec, available: Available) -> list[str]:
    """What the champion's specification would have had to learn from today that the challenger's table lacks.

    Columns that the source no longer gives are not held against anyone: the champion could not be scored
    with them either.
    """
    lacking = []
    wanted, there = available.champion_dates, available.dates
    slack = max(step_days(one.timeline, available.horizon_days) for one in (own, champion))
    if len(wanted) > len(there):
        lacking.append(f"{len(there)} as-of dates instead of {len(wanted)} (timeline.*)")
    elif wanted and (there[0] - wanted[0]).days > slack:
        lacking.append(f"as-of dates from {there[0]} on instead of {wanted[0]} (timeline.*)")
    columns = set(available.champion_columns) & set(champion.columns) - set(own.columns)
    if columns:
        families = sorted({name.partition("__")[0] for name in columns})
        more = f" and {len(families) - NAMED} more" if len(families) > NAMED else ""
        lacking.append(f"{len(columns)} columns of {', '.join(families[:NAMED])}{more} (features.*)")
    most, before = own.timeline.max_rows, champion.timeline.max_rows
    if most < before and available.rows >= SAMPLED * most:
        lacking.append(f"a sample of {most:,} rows instead of {before:,} (timeline.max_rows)")
    return lacking


def describe_lacking(lacking: list[str], champion_as_of: dt.date) -> str:
    """Why a training that has less to learn from is not compared with the champion, and what to do."""
    return (
        "it has less to learn from than the champion, whose specification cannot be fitted on it: "
        f"{'; '.join(lacking)}. Train with all that the champion has; or once the test begins on "
        f"{champion_as_of} or later, where the champion speaks for itself; or, to do without it for good, "
        "with gate.allow_less_data=true: then it is compared with what is left of the champion's "
        "specification"
    )


def reduce_to(
    champion: TrainingSpec, own: TrainingSpec, available: Available, rows: pa.Table, splits: Splits
) -> tuple[pa.Table, Splits]:
    """The columns and the rows to fit on that the champion's specification would have had of a challenger's.

    Of the as-of dates, as many as its timeline asks for, counted back from the newest that is fitted on (its
    own test would end its training as early), each the nearest that is there.
    """
    if champion.columns != own.columns or champion.features != own.features:
        wanted = set(available.champion_columns) & set(champion.columns)
        keys = [name for name in rows.column_names if name in (*KEYS, CONTACT_FLAG)]
        kept = [name for name in rows.column_names if name in keys or name in wanted]
        rows = rows.select(kept) if len(kept) > len(keys) else rows
    policy = {"contacted_policy": champion.timeline.contacted_policy}
    if champion.timeline == own.timeline.model_copy(update=policy):
        return rows, splits
    as_of, churned = rows["as_of"].to_numpy().astype("datetime64[D]"), rows["churned"].to_numpy()
    step, count = step_days(champion.timeline, available.horizon_days), champion.timeline.snapshots

    def fewer(trial: Split) -> Split:
        older = Split(trial.train[on_grid(as_of[trial.train], step, count)], trial.valid)
        return older if with_both_classes((older,), churned) else trial

    folds = tuple(map(fewer, splits.folds))
    return rows, dataclasses.replace(splits, folds=folds, test=fewer(splits.test))


def on_grid(as_of: NDArray[np.datetime64], step: int, count: int) -> NDArray[np.bool_]:
    """(rows,) whether each as-of date is the nearest to one of `count` dates, `step` days apart.

    Args:
        as_of: (rows,) days; the newest begins the grid.
    """
    there = np.unique(as_of)
    back = (there[-1] - there).astype(np.int64)
    wanted = step * np.arange(min(count, back[0] // step + 1))
    nearest = np.abs(back[None, :] - wanted[:, None]).argmin(axis=1)
    return np.isin(as_of, there[nearest])


def step_days(timeline: TimelineSettings, horizon_days: int) -> int:
    """Days between two as-of dates."""
    return timeline.step_days or default_step_days(horizon_days)
