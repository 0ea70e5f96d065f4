"""The experiment of an audit: features of the whole log, and of logs with the same past, made in one way."""

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
    """What the experiment works on.

    Attributes:
        tables: the validated tables.
        features: makes the features of a log at some as-of dates, by the very functions of training; sorted
            by as_of and customer_id.
        keep: works out a table once, under a name: its rows are read several times.
        customers: those compared (column customer_id); None: all.
    """

    tables: Log
    features: Callable[[Log, tuple[dt.date, ...]], pa.Table]
    keep: Callable[[str, Table], Table]
    customers: Table | None
    seed: int

    def run(self, dates: tuple[dt.date, ...]) -> tuple[pa.Table, list[Difference]]:
        """The features of the whole log at all dates, and every column that another future changes."""
        whole = self.features(self.tables, dates)
        differences = []
        for day in dates:
            here = at(whole, day)
            for variant in VARIANTS:
                other = self.features(self.other_log(variant, day), (day,))
                found = compare(here, other, str(day), variant)
                outcome = f"{len(found)} columns differ" if found else "nothing changes"
                logger.info(
                    "%s: %s customers, the future %s: %s", day, f"{here.num_rows:,}", variant, outcome
                )
                differences += found
        return whole, differences

    def other_log(self, variant: str, day: dt.date) -> Log:
        """The tables with the same past before `day`, and without its future or with a random one."""
        if variant == "deleted":
            return {name: without_future(name, table, day) for name, table in self.tables.items()}
        return {
            name: self.keep(
                f"invented_{name}", with_other_future(name, table, day, self.seed, self.customers)
            )
            for name, table in self.tables.items()
        }  # fmt: skip


def at(features: pa.Table, day: dt.date) -> pa.Table:
    """The rows of one as-of date."""
    return features.filter(pc.equal(features["as_of"], pa.scalar(day, pa.date32())))


def choose_dates(grid: tuple[dt.date, ...], newest: dt.date, count: int) -> tuple[dt.date, ...]:
    """`count` dates spread over the training grid, its first and last among them, and the newest."""
    places = {round(place * (len(grid) - 1) / max(1, count - 1)) for place in range(count)}
    return tuple(sorted({*(grid[place] for place in places), newest}))
