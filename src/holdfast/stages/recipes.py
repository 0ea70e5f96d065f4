"""What a model is made by beside its data: kept beside it, and held against what a challenger is made by.

A training is the champion's recipe on newer data only where all of it is equal. Where it is not, the
champion's is fitted anew on what of it the challenger's table holds; a table that holds less than the
champion would have had cannot show what the champion is worth.
"""

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ValidationError

from holdfast.features.settings import FeatureSettings
from holdfast.job import Job, Result
from holdfast.model.matrix import CONTACT_FLAG, KEYS
from holdfast.model.settings import ModelSettings
from holdfast.model.splits import Split, Splits, with_both_classes
from holdfast.settings import Settings
from holdfast.stages.cards import CARD
from holdfast.stages.evidence import NEARLY
from holdfast.stages.extracting import columns_of, dates_of
from holdfast.stages.texts import read_with
from holdfast.stages.treating import treat_as
from holdfast.storage import read_json, write_json
from holdfast.text.settings import TextSettings
from holdfast.timeline.grid import default_step_days
from holdfast.timeline.settings import TimelineSettings

RECIPE = "recipe.json"
SHOWN = 4  # families that are named

Known = TypeVar("Known", bound=Settings)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a model is made by. The churn question is not part of it: a root serves one.

    Attributes:
        model: as given, or as a search found them.
        timeline, features: which snapshots and columns.
        texts: settings and word lists that texts are read with; None: none are read.
        source: of each table which raw columns are mapped how, `where` and `attributes`; not which files.
        columns: all that features made, sorted.
        treated: what becomes of customers who were contacted (`churn.treated`).
    """

    model: ModelSettings
    timeline: TimelineSettings
    features: FeatureSettings
    texts: dict[str, Any] | None
    source: dict[str, Any]
    columns: tuple[str, ...]
    treated: str = "keep"

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        settings = {name: getattr(self, name).model_dump(mode="json") for name in SETTINGS}
        columns = {"columns": list(self.columns), "treated": self.treated}
        return {**settings, "texts": self.texts, "source": self.source, **columns}


SETTINGS = {"model": ModelSettings, "timeline": TimelineSettings, "features": FeatureSettings}


def recipe_of(job: Job, data: Result, model: ModelSettings) -> Recipe:
    """The recipe of a training."""
    config = job.config
    tables = {
        name: {"columns": table.columns, "where": table.where, "attributes": sorted(table.attributes)}
        for name, table in config.source.tables.items()
    }
    texts = read_with(job, data)
    return Recipe(
        model,
        config.timeline,
        config.features,
        None if texts is None else json.loads(json.dumps(texts)),
        json.loads(json.dumps(tables)),
        tuple(sorted(data.manifest["columns"])),
        config.churn.treated,
    )


def keep_recipe(out: Path, recipe: Recipe) -> None:
    """Write a recipe beside its model."""
    write_json(out / RECIPE, recipe.to_dict())


def read_recipe(folder: Path, own: Recipe) -> Recipe | None:
    """The recipe of a model, from its card where an older version of Holdfast kept no other.

    What it does not say (settings that came later, word lists) counts as in `own`. None: its settings of the
    model mean nothing to this version.
    """
    found = read_json(folder / RECIPE) or (read_json(folder / CARD) or {}).get("settings") or {}
    try:
        model = ModelSettings.from_stored(found["model"])
        texts = found.get("texts", read_texts_by(found.get("text"), own) if model.text else None)
        if texts is not None:
            texts = texts | {"text": TextSettings.from_stored(texts["text"]).model_dump(mode="json")}
    except (KeyError, ValidationError):
        return None
    return Recipe(
        model,
        completed(found.get("timeline"), own.timeline),
        completed(found.get("features"), own.features),
        texts,
        found.get("source", own.source),
        tuple(found.get("columns", own.columns)),
        found.get("treated", "keep"),
    )


def read_texts_by(settings: dict[str, Any] | None, own: Recipe) -> dict[str, Any] | None:
    """How texts were read, by the card of an older version: it does not name the words."""
    return own.texts if own.texts is None or settings is None else own.texts | {"text": settings}


def completed(found: dict[str, Any] | None, own: Known) -> Known:
    """Settings as they were written down, as far as this version knows them; what is missing as in `own`."""
    kind = type(own)
    known = {name: value for name, value in (found or {}).items() if name in kind.model_fields}
    try:
        return kind.model_validate(own.model_dump() | known)
    except ValidationError:
        return own


def wanting(job: Job, data: Result, own: Recipe, champion: Recipe) -> list[str]:
    """What the champion's recipe would have had to learn from today, and the challenger's table has not.

    Columns that the source no longer gives are not held against anyone: no recipe has them, and the champion
    cannot even be scored any more.
    """
    lacking = []
    wanted = dates_of(job, data, champion.timeline)
    there = sorted(map(dt.date.fromisoformat, data.manifest["dates"]))
    slack = max(step_of(one.timeline, job) for one in (own, champion))
    if len(wanted) > len(there):
        lacking.append(f"{len(there)} as-of dates instead of {len(wanted)} (timeline.*)")
    elif wanted and (there[0] - wanted[0]).days > slack:
        lacking.append(f"as-of dates from {there[0]} on instead of {wanted[0]} (timeline.*)")
    columns = set(columns_of(job, champion.features)) & set(champion.columns) - set(own.columns)
    if columns:
        families = sorted({name.partition("__")[0] for name in columns})
        more = f" and {len(families) - SHOWN} more" if len(families) > SHOWN else ""
        lacking.append(f"{len(columns)} columns of {', '.join(families[:SHOWN])}{more} (features.*)")
    most, before = own.timeline.max_rows, champion.timeline.max_rows
    if most < before and data.manifest["rows"] >= NEARLY * most:
        lacking.append(f"a sample of {most:,} rows instead of {before:,} (timeline.max_rows)")
    return lacking


def in_words(lacking: list[str], as_of: str) -> str:
    """Why a training that has less to learn from is not held against the champion, and what to do.

    Args:
        as_of: the champion's.
    """
    return (
        "it has less to learn from than the champion, whose recipe cannot be fitted on it: "
        f"{'; '.join(lacking)}. Train with all that the champion has; or once the test begins on {as_of} or "
        "later, where the champion speaks for itself; or, to do without it for good, with "
        "gate.allow_less_data=true: then it is held against what is left of the champion's recipe"
    )


def reduce(
    table: pa.Table, division: Splits, job: Job, own: Recipe, champion: Recipe
) -> tuple[pa.Table, Splits]:
    """The columns and the rows to fit on that the champion's recipe would have had of a challenger's.

    Of the as-of dates, as many as its timeline asks for, counted back from the newest that is fitted on (its
    own test would end its training as early), each the nearest that is there. Of customers who were contacted
    (`churn.treated`) it makes what it always made; but rows that the challenger dropped are not there for it.
    """
    table, division = treat_as(champion.treated, table, division)
    if champion.columns != own.columns or champion.features != own.features:
        wanted = set(columns_of(job, champion.features)) & set(champion.columns)
        keys = [name for name in table.column_names if name in (*KEYS, CONTACT_FLAG)]
        kept = [name for name in table.column_names if name in keys or name in wanted]
        table = table.select(kept) if len(kept) > len(keys) else table
    if champion.timeline == own.timeline:
        return table, division
    as_of, churned = table["as_of"].to_numpy().astype("datetime64[D]"), table["churned"].to_numpy()
    step, count = step_of(champion.timeline, job), champion.timeline.snapshots

    def older(trial: Split) -> Split:
        fewer = Split(trial.train[on_grid(as_of[trial.train], step, count)], trial.valid)
        return fewer if with_both_classes((fewer,), churned) else trial

    folds = tuple(map(older, division.folds))
    return table, dataclasses.replace(division, folds=folds, test=older(division.test))


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


def step_of(timeline: TimelineSettings, job: Job) -> int:
    """Days between two as-of dates."""
    return timeline.step_days or default_step_days(job.config.churn.horizon_days)
