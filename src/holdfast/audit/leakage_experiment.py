"""The leakage experiment: compare features of the full log with features of logs with a changed future."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from holdfast.audit.future import with_other_future, without_future
from holdfast.audit.proof import VARIANTS, Difference, compare

logger = logging.getLogger(__name__)

Log = Mapping[str, Table]


@dataclasses.dataclass(frozen=True)
class LeakageExperiment:
    """The inputs of the experiment.

    Attributes:
        features: computes the features of a log at as-of dates with the functions of training, sorted by
            as_of and customer_id.
        keep: materializes a table under a name, because its rows are read several times.
        customers: the customers to compare (column customer_id); None: all.
    """

    tables: Log
    features: Callable[[Log, tuple[dt.date, ...]], pa.Table]
    keep: Callable[[str, Table], Table]
    customers: Table | None
    seed: int

    def run(self, dates: tuple[dt.date, ...]) -> tuple[pa.Table, list[Difference]]:
        """The features of the full log at all dates, and every column that a changed future changes."""
        whole = self.features(self.tables, dates)
        differences = []
        for day in dates:
            expected = at(whole, day)
            for variant in VARIANTS:
                other = self.features(self.changed_log(variant, day), (day,))
                different = compare(expected, other, str(day), variant)
                outcome = f"{len(different)} columns differ" if different else "nothing changes"
                count = f"{expected.num_rows:,}"
                logger.info("%s: %s customers, the future %s: %s", day, count, variant, outcome)
                differences += different
        return whole, differences

    def changed_log(self, variant: str, day: dt.date) -> Log:
        """The tables with the same past before `day` and the future deleted or randomised."""
        if variant == "deleted":
            return {name: without_future(name, table, day) for name, table in self.tables.items()}
        return {
            name: self.keep(
                f"invented_{name}", with_other_future(name, table, day, self.seed, self.customers)
            )
            for name, table in self.tables.items()
        }


def at(features: pa.Table, day: dt.date) -> pa.Table:
    """The rows of one as-of date."""
    return features.filter(pc.equal(features["as_of"], pa.scalar(day, pa.date32())))


def choose_dates(grid: tuple[dt.date, ...], latest: dt.date, count: int) -> tuple[dt.date, ...]:
    """`count` evenly spaced dates of the training grid, its first and last included, and `latest`."""
    indices = {round(step * (len(grid) - 1) / max(1, count - 1)) for step in range(count)}
    return tuple(sorted({*(grid[index] for index in indices), latest}))
