"""lapsed: streams → the silence after which hardly any customer returns, and the customers beyond it.

The limits are learned only from earlier dates whose outcome was known by the as-of date.
"""

from typing import Any

from holdfast.artifacts.lapsed import write_lapsed
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.runtime.context import StageRun, logger
from holdfast.scoring.lapsed import describe_limits
from holdfast.scoring.silence import measure_silence


def find_lapsed(run: StageRun, validated: ValidatedTables, streams: Streams) -> dict[str, Any]:
    """Learn the limits from the log, and find the eligible customers beyond them."""
    settings = run.settings
    with run.engine() as engine:
        silence = measure_silence(
            validated.tables(engine), run.buckets(streams), run.day,
            churn=settings.churn, timeline=settings.timeline, settings=settings.outreach.lapsed,
        )  # fmt: skip
    write_lapsed(run.out, silence.customers, silence.limits)
    logger.info(silence.describe())
    return {
        "as_of": str(run.day), "what": silence.describe(), "lapsed": len(silence.lapsed),
        "groups": describe_limits(silence.limits, silence.returns),
    }  # fmt: skip
