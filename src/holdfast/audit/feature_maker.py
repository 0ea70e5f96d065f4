"""Compute the features of any log with the functions of training."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Mapping

import ibis
import pyarrow as pa
from ibis import Table

from holdfast.engine.buckets import choose_buckets
from holdfast.engine.engine import Engine
from holdfast.features.extraction import extract, sampled
from holdfast.features.request import request_at
from holdfast.features.settings import FeatureSettings
from holdfast.snapshots.churn import Churn
from holdfast.streams.assembly import StreamTable
from holdfast.streams.definitions import define

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class FeatureMaker:
    """Computes features, optionally for some customers only.

    Company-wide facts (first days, first prices) always come from the whole log.

    Attributes:
        attributes: the columns of customers that become features.
        customers: the customers to compute (column customer_id); None: all.
    """

    engine: Engine
    attributes: tuple[str, ...]
    churn: Churn
    settings: FeatureSettings
    customers: Table | None

    def features(self, tables: Mapping[str, Table], dates: tuple[dt.date, ...]) -> pa.Table:
        """The features at some dates, sorted by as_of and customer_id."""
        request = request_at(
            tables, self.attributes, dates, churn=self.churn, outcome=self.churn.outcome(0),
            features=self.settings, known_before=max(dates),
        )  # fmt: skip
        defined = define(tables, self.attributes)
        compared = [
            StreamTable(stream, self._only(defined[name].facts)) for name, stream in request.streams.items()
        ]
        count = choose_buckets(sum(int(table.facts.count().to_pyarrow().as_py()) for table in compared), None)
        with self.engine.scratch("audit-streams") as folder:
            for table in compared:
                self.engine.write_buckets(table, folder, count)
            features = extract(request, self.engine.buckets(folder, count))
        return features.sort_by([("as_of", "ascending"), ("customer_id", "ascending")])

    def _only(self, facts: Table) -> Table:
        """The facts of the customers compared."""
        return facts if self.customers is None else facts.semi_join(self.customers, "customer_id")


def choose_customers(leading: Table, limit: int) -> Table | None:
    """A sample of at most about `limit` customers, drawn by SHA-256; None: all customers.

    Args:
        leading: the table that defines churn.
    """
    ids = leading.select("customer_id").distinct().to_pyarrow()["customer_id"].combine_chunks().sort()
    if len(ids) <= limit:
        return None
    kept = ids.filter(pa.array(sampled(ids, limit / len(ids))))
    logger.info("comparing %s of %s customers", f"{len(kept):,}", f"{len(ids):,}")
    return ibis.memtable(pa.table({"customer_id": kept}))
