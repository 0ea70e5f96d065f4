"""The monitor's findings at one as-of date: drift of inputs and scores, past results, verdict.

data/monitor/<as_of>/drift.csv, scores.csv, results.csv   no customer ids
data/monitor/<as_of>/counts.parquet                       the distribution of each column
data/monitor/<as_of>/report.html                          rendered from the files above
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from holdfast.artifacts.artifact import Artifact
from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import find_model
from holdfast.artifacts.scores import ScoringHistory, probabilities
from holdfast.artifacts.tables import read_frame

if TYPE_CHECKING:
    import pandas as pd

    from holdfast.monitor.past_runs import PastRun


DRIFT, SCORES, RESULTS, REPORT = "drift.csv", "scores.csv", "results.csv", "report.html"
COUNTS = "counts.parquet"


class MonitorTables(NamedTuple):
    """The tables of the monitor.

    Attributes:
        drift, trend, results: see `monitor.drift`, `monitor.scores` and `monitor.results`.
        counts: see `monitor.profile.compare_counts`.
    """

    drift: "pd.DataFrame"
    trend: "pd.DataFrame"
    results: "pd.DataFrame"
    counts: "pd.DataFrame"


class MonitorFindings(Artifact):
    """One check of a model in use; the manifest holds as_of, model_version, verdict, reasons and figures."""

    kind = "monitor"

    def tables(self) -> MonitorTables:
        """All tables."""
        import pandas as pd

        texts = dict.fromkeys(("as_of", "model_version", "feature", "group"), "str")
        drift, trend, results = (
            pd.read_csv(self.folder / name, dtype=texts) for name in (DRIFT, SCORES, RESULTS)
        )
        return MonitorTables(drift, trend, results, read_frame(self.folder / COUNTS))


def write_monitor(folder: Path, tables: MonitorTables) -> None:
    """Write the tables."""
    for table, name in zip(tables[:3], (DRIFT, SCORES, RESULTS), strict=True):
        table.to_csv(folder / name, index=False, lineterminator="\n")
    tables.counts.to_parquet(folder / COUNTS, index=False)


def find_past_runs(
    history: ScoringHistory, dates: Iterable[dt.date], lists: ListHistory
) -> "Iterator[PastRun]":
    """The scoring runs of some dates with the customers of their lists."""
    from holdfast.monitor.past_runs import PastRun

    for scores in history.of_dates(dates):
        date, model = scores.as_of, find_model(history.root, scores.model_version)
        fair = model is not None and model.as_of <= date
        listed, held_out = lists.customers(date), lists.held_out(date)
        yield PastRun(date, scores.model_version, fair, probabilities(scores), listed, held_out)
