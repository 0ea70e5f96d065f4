"""Scores of every eligible customer at one as-of date, and what the model was given for them.

data/scores/<as_of>/scores.parquet              see `scoring.scores.SCORES`
data/scores/<as_of>/model_input/part-*.parquet  the model's input, a row a customer
data/scores/<as_of>/input_counts.parquet        how the values of each column are spread, for the monitor
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.artifacts.artifact import Artifact, Key, Root, before, dates_in

SCORES, INPUT_COUNTS, MODEL_INPUT = "scores.parquet", "input_counts.parquet", "model_input"
PART_ROWS = 100_000  # read at once: some 250 MB


class Scores(Artifact):
    """One scoring run; the manifest holds as_of, model_version, rows and the monitor's first verdict."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return scores_folder(root) / str(key.day)

    @property
    def model_version(self) -> str:
        """The model that scored."""
        return str(self.manifest["model_version"])

    @property
    def rows(self) -> int:
        """How many customers were scored."""
        return int(self.manifest["rows"])

    @property
    def monitor(self) -> dict[str, Any]:
        """The monitor's first verdict, with its figures."""
        found: dict[str, Any] = self.manifest["monitor"]
        return found

    @property
    def deliveries(self) -> list[str]:
        """What is unusual about what arrived lately, a sentence each."""
        found: list[str] = self.manifest.get("deliveries", [])
        return found

    def digest(self) -> Any:
        return {"files": self.hashes(), "monitor": self.monitor, "deliveries": self.deliveries}

    def table(self, columns: list[str] | None = None, customers: Iterable[str] | None = None) -> pa.Table:
        """The scores (see `scoring.scores.SCORES`); None: of all columns, of all customers."""
        only = None if customers is None else [("customer_id", "in", list(customers))]
        return pq.read_table(self.folder / SCORES, columns=columns, filters=only, partitioning=None)

    def model_input(self) -> pa.Table:
        """The model's input, one row a customer (see `scoring.model_input`)."""
        return pa.concat_tables(self.model_input_parts())

    def model_input_parts(self) -> Iterator[pa.Table]:
        """The model's input, several buckets at a time."""
        return read_model_input(self.folder)

    def input_counts(self) -> pa.Table | None:
        """How the values of each column are spread (see `monitor.profile`); None: of an older run."""
        path = self.folder / INPUT_COUNTS
        return pq.read_table(path, partitioning=None) if path.is_file() else None


def scores_folder(root: Root) -> Path:
    """One folder an as-of date."""
    return root.data / "scores"


def write_scores(folder: Path, scores: pa.Table, input_counts: pa.Table) -> None:
    """Write the scores, and how the values of each column are spread."""
    pq.write_table(scores, folder / SCORES)
    pq.write_table(input_counts, folder / INPUT_COUNTS)


def write_model_input(folder: Path, number: int, rows: pa.Table) -> None:
    """Write one part of the model's input; numbers without a dictionary, which takes longest."""
    path = folder / MODEL_INPUT / f"part-{number:05}.parquet"
    path.parent.mkdir(exist_ok=True)
    texts = [field.name for field in rows.schema if not pa.types.is_floating(field.type)]
    pq.write_table(rows, path, compression="lz4", use_dictionary=texts, write_statistics=texts)


def read_model_input(folder: Path) -> Iterator[pa.Table]:
    """A model's input, several buckets at a time: a model takes as long for few rows as for many."""
    waiting: list[pa.Table] = []
    for file in sorted((folder / MODEL_INPUT).glob("part-*.parquet")):
        waiting.append(pq.read_table(file, partitioning=None))
        if sum(table.num_rows for table in waiting) >= PART_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


class ScoringHistory:
    """The scoring runs before a day, oldest first."""

    def __init__(self, root: Root, day: dt.date) -> None:
        self.root, self.dates = root, before(dates_in(scores_folder(root)), day)

    def digest(self) -> Any:
        """The bytes of every run's scores."""
        return {str(run.as_of): run.hashes(SCORES) for run in self.runs()}

    def run(self, date: dt.date) -> Scores | None:
        """The run of a date; None: it left no manifest."""
        return Scores.open(scores_folder(self.root) / str(date))

    def runs(self, dates: Iterable[dt.date] | None = None) -> list[Scores]:
        """The runs of some dates; None: of all."""
        found = (self.run(date) for date in (self.dates if dates is None else dates))
        return [run for run in found if run is not None]


def find_scores(root: Root, day: dt.date) -> Scores | None:
    """The scoring run that stands at a day; None: there is none."""
    return Scores.open(scores_folder(root) / str(day))


def probabilities(run: Scores, customers: Iterable[str] | None = None) -> pd.DataFrame:
    """customer_id and churn_probability of a run, one row a customer."""
    found: pd.DataFrame = run.table(["customer_id", "churn_probability"], customers).to_pandas()
    return found
