"""How the demo company's customers respond to a call, depending on facts in the raw tables.

| customer | share of leavers kept | share of stayers driven away |
|---|---|---|
| in trouble: a recent ticket | 50% | 2% |
| tired: two or more recent campaigns | 8% | 10% |
| other | 20% | 3% |

The share kept halves with every HALF_LIFE_DAYS that a customer is overdue (silent beyond the usual gap
between purchases). So the best customers to call are not those most likely to leave. A customer who is both
in trouble and tired counts as in trouble.
"""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

TROUBLED_DAYS, TIRED_DAYS, TIRED_CONTACTS = 60, 90, 2
KEPT = {"in trouble": 0.5, "tired": 0.08, "other": 0.2}
DRIVEN_AWAY = {"in trouble": 0.02, "tired": 0.1, "other": 0.03}
HALF_LIFE_DAYS = 30
USUAL_GAP_DAYS = 30  # of customers who bought on a single day


def response_shares(raw: Path, customers: list[str], as_of: dt.date) -> pd.DataFrame:
    """The response shares of customers to a call on `as_of`, from earlier facts.

    Args:
        raw: the folder that `simulate` wrote.

    Returns:
        customer_id, kind (a key of KEPT), persuadable (probability that a call keeps a customer who would
        leave), disturbed (probability that a call drives away a customer who would stay); one row a customer,
        in the given order.
    """
    troubled = facts_before(raw / "tickets", "created_at", as_of, TROUBLED_DAYS)
    contacted = facts_before(raw / "contacts", "sent_at", as_of, TIRED_DAYS).value_counts()
    ids = pd.Series(customers, dtype="str")
    kind = np.select(
        [ids.isin(troubled), ids.map(contacted).fillna(0) >= TIRED_CONTACTS], ["in trouble", "tired"], "other"
    )
    shares = pd.DataFrame({"customer_id": ids, "kind": pd.Series(kind, dtype="str")})
    in_time = 0.5 ** (overdue_days(raw, ids, as_of) / HALF_LIFE_DAYS)
    return shares.assign(
        persuadable=shares["kind"].map(KEPT) * in_time, disturbed=shares["kind"].map(DRIVEN_AWAY)
    )  # fmt: skip


def overdue_days(raw: Path, ids: pd.Series, as_of: dt.date) -> NDArray[np.float64]:
    """(customers,) days of silence beyond the usual gap between days with an order; 0: not overdue."""
    lines = pq.read_table(raw / "order_lines", columns=["customer_no", "placed_at", "status"])
    start = pa.scalar(dt.datetime.combine(as_of, dt.time()), lines["placed_at"].type)
    bought = lines.filter(
        pc.and_(pc.not_equal(lines["status"], "cancelled"), pc.less(lines["placed_at"], start))
    )
    orders = bought.select(["customer_no", "placed_at"]).to_pandas()
    days = orders.assign(day=orders["placed_at"].dt.normalize()).groupby("customer_no")["day"]
    first, last, count = (column.reindex(ids) for column in (days.min(), days.max(), days.nunique()))
    gap = ((last - first).dt.days / (count - 1).where(count > 1)).fillna(USUAL_GAP_DAYS)
    overdue = (pd.Timestamp(as_of) - last).dt.days - gap
    return np.asarray(overdue.clip(lower=0).fillna(0.0), np.float64)


def facts_before(folder: Path, moment: str, as_of: dt.date, days: int) -> pd.Series:
    """The customer of each fact in the days before a date."""
    table = pq.read_table(folder)
    if "arm" in table.column_names:  # control groups were not contacted
        table = table.filter(pc.fill_null(pc.not_equal(table["arm"], "CONTROL"), fill_value=True))
    bounds = [dt.datetime.combine(as_of - dt.timedelta(days=back), dt.time()) for back in (days, 0)]
    first, end = (pa.scalar(bound, table[moment].type) for bound in bounds)
    inside = pc.and_(pc.greater_equal(table[moment], first), pc.less(table[moment], end))
    return pd.Series(table.filter(inside)["customer_no"].to_pylist(), dtype="str")
