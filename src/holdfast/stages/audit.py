"""audit: validated tables and training features → proof that no feature sees the future, or the leaks."""

import dataclasses
import datetime as dt
import logging
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ibis import Table

from holdfast.artifacts.audits import write_audit
from holdfast.artifacts.features import Features
from holdfast.artifacts.validated import ValidatedTables
from holdfast.audit.findings import count_severities, in_order
from holdfast.audit.judge import judge_columns, judge_tables
from holdfast.audit.leakage_experiment import LeakageExperiment, Log, at, choose_dates
from holdfast.audit.mutable_columns import presence_of
from holdfast.audit.proof import KEYS, VARIANTS, findings_of
from holdfast.engine.buckets import choose_buckets, read_bucket, write_buckets
from holdfast.engine.duckdb import DuckDB
from holdfast.engine.parallel import map_buckets
from holdfast.features.extraction import extract_bucket, sampled
from holdfast.features.request import request_at
from holdfast.runtime.context import StageRun
from holdfast.stages.features import training_request
from holdfast.streams.assembly import StreamTable
from holdfast.streams.definitions import define

SHOWN = 6  # columns in a refusal; the report has all

logger = logging.getLogger(__name__)


def audit(run: StageRun, validated: ValidatedTables, features: Features) -> dict[str, Any]:
    """Run the leakage experiment, and look for columns that leak by themselves."""
    settings, attributes = run.settings, run.settings.source.attributes
    with run.engine() as engine:
        tables = validated.tables(engine)
        _, request = training_request(run, tables)
        dates = choose_dates(request.dates, run.day, settings.audit.dates)
        maker = FeatureMaker(run, engine, choose_customers(run, engine, tables[request.churn.stream]))
        experiment = LeakageExperiment(tables, maker.features, maker.keep, maker.customers, settings.seed)
        whole, differences = experiment.run(dates)
        seen = [at(whole, date) for date in dates]
        presence = presence_of([rows["customer_id"].combine_chunks() for rows in seen])
        findings, undated = judge_tables(tables, attributes, presence, settings.audit)
    logger.info("looking for columns that leak by themselves")
    origins = {column.name: column.streams[0] for column in request.plan.columns}
    rows = features.table()
    labelled = rows.filter(rows["churned"].is_valid())
    figures, suspects = judge_columns(labelled, seen[-1], origins, undated, settings.audit)
    findings = in_order([*findings_of(differences, origins), *suspects, *findings])
    content: dict[str, Any] = {
        "as_of": str(run.day),
        "question": settings.churn.question,
        "counts": {
            "columns": len([name for name in whole.column_names if name not in KEYS]),
            "rows": whole.num_rows,
            "differing": len({difference.column for difference in differences}),
            **count_severities(findings),
        },
        "dates": {str(date): rows.num_rows for date, rows in zip(dates, seen, strict=True)},
        "variants": VARIANTS,
        "differences": [difference.to_dict() for difference in differences],
        "findings": [finding.to_dict() for finding in findings],
        "columns": figures,
        "settings": settings.audit.model_dump(mode="json"),
    }
    return write_audit(run.out, content)


@dataclasses.dataclass(frozen=True)
class FeatureMaker:
    """Computes the features of any log with the functions of training, optionally for some customers only.

    Company-wide facts (first days, first prices) always come from the whole log.
    """

    run: StageRun
    engine: DuckDB
    customers: Table | None

    def features(self, tables: Log, dates: tuple[dt.date, ...]) -> pa.Table:
        """The features at some dates, sorted by as_of and customer_id."""
        settings, folder = self.run.settings, self.run.scratch("audit-streams")
        request = request_at(
            tables, settings.source.attributes, dates, churn=settings.churn,
            outcome=settings.churn.outcome(0), features=settings.features, known_before=max(dates),
        )  # fmt: skip
        defined = define(tables, settings.source.attributes)
        compared = [
            StreamTable(stream, self._only(defined[name].facts)) for name, stream in request.streams.items()
        ]
        facts = sum(int(table.facts.count().to_pyarrow().as_py()) for table in compared)
        buckets = choose_buckets(facts, None)
        for table in compared:
            write_buckets(self.engine, table, folder, buckets)

        def work(number: int) -> pa.Table:
            parts = {
                name: read_bucket(stream, folder, number, buckets) for name, stream in request.streams.items()
            }
            return extract_bucket(request, parts)

        features = pa.concat_tables(map_buckets(work, buckets, self.run.threads))
        shutil.rmtree(folder)
        return features.sort_by([("as_of", "ascending"), ("customer_id", "ascending")])

    def keep(self, name: str, table: Table) -> Table:
        """Materialize a table, because a stream reads its rows several times."""
        self.engine.raw.execute(f"CREATE OR REPLACE TABLE {name} AS {self.engine.con.compile(table)}")
        return self.engine.con.table(name)

    def _only(self, facts: Table) -> Table:
        """The facts of the customers compared."""
        return facts if self.customers is None else facts.semi_join(self.customers, "customer_id")


def choose_customers(run: StageRun, engine: DuckDB, leading: Table) -> Table | None:
    """A sample of `audit.max_customers` customers, drawn by SHA-256; None: all customers.

    Args:
        leading: the table that defines churn.
    """
    ids = leading.select("customer_id").distinct().to_pyarrow()["customer_id"].combine_chunks().sort()
    limit = run.settings.audit.max_customers
    if len(ids) <= limit:
        return None
    kept = ids.filter(pa.array(sampled(ids, limit / len(ids))))
    path: Path = run.scratch("audit") / "customers.parquet"
    pq.write_table(pa.table({"customer_id": kept}), path)
    logger.info("comparing %s of %s customers", f"{len(kept):,}", f"{len(ids):,}")
    return engine.read_parquet(path)
