"""Whom of the demo company's customers a call helps: shares that follow from facts a company can see.

| customer | of would-be leavers kept | of would-be stayers driven away |
|---|---|---|
| in trouble: opened a ticket lately | half: somebody puts it right | hardly any |
| tired: reached by two campaigns or more lately | hardly any: one more call | one in ten |
| everybody else | one in five | hardly any |

So the best customers to call are not those most likely to leave. In trouble goes before tired.
"""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TROUBLED_DAYS, TIRED_DAYS, TIRED_CONTACTS = 60, 90, 2
KEPT = {"in trouble": 0.5, "tired": 0.08, "other": 0.2}
DRIVEN_AWAY = {"in trouble": 0.02, "tired": 0.1, "other": 0.03}


def response_shares(raw: Path, customers: list[str], as_of: dt.date) -> pd.DataFrame:
    """What a call on `as_of` would do to customers, by what happened before.

    Args:
        raw: the folder that `simulate` wrote.

    Returns:
        customer_id, kind (a key of KEPT), persuadable (of those who would leave if left alone, the share that
        a call keeps), disturbed (of those who would stay, the share that a call drives away); one row a
        customer, in the order given.
    """
    troubled = facts_before(raw / "tickets", "created_at", as_of, TROUBLED_DAYS)
    contacted = facts_before(raw / "contacts", "sent_at", as_of, TIRED_DAYS).value_counts()
    ids = pd.Series(customers, dtype="str")
    kind = np.select(
        [ids.isin(troubled), ids.map(contacted).fillna(0) >= TIRED_CONTACTS], ["in trouble", "tired"], "other"
    )
    found = pd.DataFrame({"customer_id": ids, "kind": pd.Series(kind, dtype="str")})
    return found.assign(persuadable=found["kind"].map(KEPT), disturbed=found["kind"].map(DRIVEN_AWAY))


def facts_before(folder: Path, moment: str, as_of: dt.date, days: int) -> pd.Series:
    """The customer of each fact in the days before a date."""
    table = pq.read_table(folder, columns=["customer_no", moment])
    edges = [dt.datetime.combine(as_of - dt.timedelta(days=back), dt.time()) for back in (days, 0)]
    first, end = (pa.scalar(edge, table[moment].type) for edge in edges)
    inside = pc.and_(pc.greater_equal(table[moment], first), pc.less(table[moment], end))
    return pd.Series(table.filter(inside)["customer_no"].to_pylist(), dtype="str")
