"""What then happened, looked up in the whole log: no code of Holdfast's labels is used."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from holdfast.snapshots.churn import Cancellation, Inactivity

BACK = """
SELECT DISTINCT customer_id FROM read_parquet($log)
WHERE amount > 0 AND occurred_at >= $day AND occurred_at < $day + to_days($horizon)
"""

# A version of a plan is over when it ends or the next version of the same subscription begins. Of the
# versions not over before the day, those that run on it make a period, and later ones prolong it if they
# begin within the days of grace after its end, or right at its end. `gaps` counts those that begin too late.
ENDED = """
WITH versions AS (
  SELECT customer_id, started_at, least(
    greatest(coalesce(ended_at, TIMESTAMP '9999-01-01'), started_at),
    coalesce(lead(started_at) OVER one_subscription, TIMESTAMP '9999-01-01')
  ) AS over_at
  FROM read_parquet($log)
  WINDOW one_subscription AS (PARTITION BY customer_id, subscription_id ORDER BY started_at)
), lasting AS (
  SELECT *, max(over_at) OVER (
    PARTITION BY customer_id ORDER BY started_at, over_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS before_over_at
  FROM versions WHERE over_at >= $day
), periods AS (
  SELECT *, count(*) FILTER (
    started_at >= $day
    AND started_at >= before_over_at + greatest(to_days($grace), INTERVAL 1 MICROSECOND)
  ) OVER (PARTITION BY customer_id ORDER BY started_at, over_at ROWS UNBOUNDED PRECEDING) AS gaps
  FROM lasting
)
SELECT customer_id FROM periods WHERE gaps = 0 GROUP BY customer_id
HAVING min(started_at) < $day AND max(over_at) < $day + to_days($horizon)
"""


def what_happened(
    validated: Path, customers: Sequence[str], day: dt.date, churn: Inactivity | Cancellation
) -> NDArray[np.float64]:
    """(customers,) 1 for those who left within the horizon after a day, else 0.

    With churn by inactivity these are the customers who bought nothing within the horizon, with churn by
    cancellation those whose last running subscription ended within it.

    Args:
        validated: the folder of the mapped tables, of the whole log.
        customers: the customers of the day, who were eligible.
        day: the as-of date.
        churn: the definition of churn, without days between the as-of date and the outcome window.
    """
    cancels = isinstance(churn, Cancellation)
    log = str(validated / f"{churn.stream}.parquet" / "*.parquet")
    values = {"log": log, "day": day, "horizon": churn.horizon_days}
    values |= {"grace": churn.grace_days} if isinstance(churn, Cancellation) else {}
    found: dict[str, Any] = duckdb.execute(ENDED if cancels else BACK, values).fetchnumpy()
    named = set(found["customer_id"])
    return np.array([float((one in named) == cancels) for one in customers])
