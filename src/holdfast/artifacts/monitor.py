"""The monitor's findings at one as-of date: drift of inputs and scores, past results, verdict.

data/monitor/<as_of>/drift.csv, scores.csv, results.csv   no customer ids
data/monitor/<as_of>/counts.parquet                       the distribution of each column
data/monitor/<as_of>/report.html                          rendered from the files above
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from holdfast.artifacts.artifact import Artifact

if TYPE_CHECKING:
    import pandas as pd


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
        return MonitorTables(drift, trend, results, pd.read_parquet(self.folder / COUNTS))


def write_monitor(folder: Path, tables: MonitorTables) -> None:
    """Write the tables."""
    for table, name in zip(tables[:3], (DRIFT, SCORES, RESULTS), strict=True):
        table.to_csv(folder / name, index=False, lineterminator="\n")
    tables.counts.to_parquet(folder / COUNTS, index=False)
