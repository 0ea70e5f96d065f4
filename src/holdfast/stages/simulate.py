"""simulate: settings → the raw tables of a demo company and, separately, the true probabilities."""

import logging
from collections.abc import Iterator, Mapping

import pyarrow as pa

from holdfast.artifacts.raw import write_demo
from holdfast.demo.company import DemoReport, chunk_count, simulate_company
from holdfast.demo.truth import SCHEMA
from holdfast.runtime.context import RunContext

logger = logging.getLogger(__name__)


def simulate(context: RunContext) -> DemoReport:
    """Write the demo company's raw tables and truth, chunk by chunk of customers."""
    settings = context.config.demo
    report, customers = DemoReport.begin(settings), f"{settings.customers:,}"
    logger.info("simulating %s customers from %s until %s", customers, report.first_day, report.end)

    def counted() -> Iterator[tuple[Mapping[str, pa.Table], pa.Table]]:
        for chunk in simulate_company(settings, context.config.seed):
            yield chunk.tables, chunk.truth
            report.add(chunk)
            done, lines = f"{report.customers:,}", f"{report.rows['order_lines']:,}"
            logger.info("%s of %s customers, %s order lines", done, customers, lines)

    write_demo(context.root, counted(), SCHEMA, chunk_count(settings))
    return report
