"""Scores of every eligible customer at one as-of date, and the model's input.

data/scores/<as_of>/scores.parquet              see `scoring.scores.SCORES`
data/scores/<as_of>/model_input/part-*.parquet  the model's input, a row a customer
data/scores/<as_of>/input_counts.parquet        the distribution of each column, for the monitor
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact, History, Root
from holdfast.artifacts.features import part_of, write_part
from holdfast.artifacts.tables import read_tables, write_table
from holdfast.storage import Location, find_files, read_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from holdfast.engine.parallel import Buckets, Done
    from holdfast.monitor.scores import Scored
    from holdfast.scoring.model_input import InputRequest


SCORES, INPUT_COUNTS, MODEL_INPUT = "scores.parquet", "input_counts.parquet", "model_input"


class Scores(Artifact):
    """One scoring run; the manifest holds as_of, model_version, rows and the monitor's first verdict."""

    kind = "scores"
    is_large = True

    @property
    def model_version(self) -> str:
        """The version of the model that scored the customers."""
        return str(self.manifest["model_version"])

    @property
    def rows(self) -> int:
        """The number of customers."""
        return int(self.manifest["rows"])

    @property
    def monitor(self) -> dict[str, Any]:
        """The monitor's first verdict, with its figures."""
        return dict(self.manifest["monitor"])

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """What is unusual about the last deliveries of data: notices (see `outreach.banner`)."""
        return list(self.manifest["deliveries"])

    def digest(self) -> Any:
        return {"files": super().digest(), "monitor": self.monitor, "deliveries": self.deliveries}

    def table(self, columns: list[str] | None = None, customers: Iterable[str] | None = None) -> "pa.Table":
        """The scores (see `scoring.scores.SCORES`); None: all columns, all customers."""
        import pyarrow.parquet as pq

        only = None if customers is None else [("customer_id", "in", list(customers))]
        return pq.read_table(self.folder / SCORES, columns=columns, filters=only, partitioning=None)

    def model_input(self) -> "pa.Table":
        """The model's input, one row a customer (see `scoring.model_input`)."""
        return read_tables(find_files(self.large / MODEL_INPUT, "part-*.parquet"))

    def input_counts(self) -> "pa.Table":
        """The distribution of each column (see `monitor.profile`)."""
        return read_table(self.folder / INPUT_COUNTS)


def write_scores(folder: Path, scores: "pa.Table", input_counts: "pa.Table") -> None:
    """Write the scores and the distribution of each column."""
    write_table(scores, folder / SCORES)
    write_table(input_counts, folder / INPUT_COUNTS)


def write_model_input(folder: Location, request: "InputRequest", buckets: "Buckets") -> int:
    """Write the model's input of every bucket and return the number of customers."""

    def write(number: int, facts: "dict[str, pa.Table]") -> int:
        rows = request.of_bucket(facts)
        write_part(folder / MODEL_INPUT, number, rows)
        return int(rows.num_rows)

    return sum(buckets.map(write, request.extraction.streams))


def map_model_input(
    folder: Location, work: "Callable[[pa.Table], Done]", buckets: "Buckets"
) -> "Iterator[Done]":
    """Apply `work` to the model's input of each bucket; yields results in the order of the buckets."""
    return buckets.map(lambda number, _: work(read_table(part_of(folder / MODEL_INPUT, number))), {})


class ScoringHistory(History[Scores]):
    """The scoring runs before a day, oldest first."""

    kind = Scores

    def digest(self) -> Any:
        """The hash of every run's scores."""
        return {str(run.as_of): run.hashes(SCORES) for run in self.of_dates()}

    def contents(self, count: int) -> list[dict[str, Any]]:
        """What each table held for the last runs, oldest first.

        From the last run on that accepted a change which would have been refused: what was before is no
        longer usual.
        """
        runs = [run.manifest for run in self.of_dates(self.dates[-count:])]
        accepted = [number for number, run in enumerate(runs) if run["accepted_changes"]]
        return [dict(run["tables"]) for run in runs[max(accepted, default=0) :]]

    def probabilities(
        self, dates: Iterable[dt.date], customers: "pd.Series"
    ) -> "list[tuple[dt.date, str, pd.DataFrame]]":
        """For each run: date, model version, and the scores of some customers (none given: of all)."""
        wanted = customers.to_list() if len(customers) else None
        return [(run.as_of, run.model_version, probabilities(run, wanted)) for run in self.of_dates(dates)]


def find_scores(root: Root, day: dt.date) -> Scores | None:
    """The scoring run of a day; None if that day was not scored."""
    return Scores.open(Scores.parent(root) / str(day))


def as_scored(run: Scores) -> "Scored":
    """A scoring run in the form that the monitor reads."""
    from holdfast.monitor.scores import Scored

    probability = run.table(["churn_probability"])["churn_probability"].to_numpy()
    return Scored(run.as_of, run.model_version, probability)


def probabilities(run: Scores, customers: Iterable[str] | None = None) -> "pd.DataFrame":
    """customer_id and churn_probability of a run, one row a customer."""
    frame: pd.DataFrame = run.table(["customer_id", "churn_probability"], customers).to_pandas()
    return frame
