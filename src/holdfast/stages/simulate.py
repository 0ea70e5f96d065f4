"""simulate: settings → the raw tables of a demo company and, separately, the truth about it."""

import logging
from collections.abc import Iterator, Mapping

import pyarrow as pa

from holdfast.artifacts.raw import write_demo
from holdfast.demo.company import DemoReport, chunk_count, simulate_company
from holdfast.demo.subscriber_tables import TRUTH, simulate_subscribers
from holdfast.demo.truth import SCHEMA
from holdfast.runtime.context import RunContext

COMPANIES = {"demo_subscriptions": (simulate_subscribers, TRUTH)}  # source → its simulation; others: a shop

logger = logging.getLogger(__name__)


def simulate(context: RunContext) -> DemoReport:
    """Write the demo company's raw tables and truth, chunk by chunk of customers."""
    settings, source = context.config.demo, context.config.source.name
    report, customers = DemoReport.begin(settings), f"{settings.customers:,}"
    logger.info("simulating %s customers from %s until %s", customers, report.first_day, report.end)
    simulation, schema = COMPANIES.get(source, (simulate_company, SCHEMA))

    def counted() -> Iterator[tuple[Mapping[str, pa.Table], pa.Table]]:
        for chunk in simulation(settings, context.config.seed):
            yield chunk.tables, chunk.truth
            report.add(chunk)
            done, rows = f"{report.customers:,}", f"{sum(report.rows.values()):,}"
            logger.info("%s of %s customers, %s rows", done, customers, rows)

    company = source if source in COMPANIES else "demo"
    write_demo(context.root, counted(), schema, chunk_count(settings), company)
    return report
