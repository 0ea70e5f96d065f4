"""What the customers of a test are worth if kept, and what calling them would have brought."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table
from numpy.typing import NDArray

from holdfast.evaluation.profit import TYPICAL_VALUE, Campaign
from holdfast.job import Job
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.value import customer_value, expected_net_value
from holdfast.scoring.profile import FEATURES, people, spend_per_day
from holdfast.storage import MANIFEST, read_json

Array = NDArray[Any]


def stated_by(job: Job) -> str | None:
    """The hash of the file that says what customers are worth; None: the source does not map `value`."""
    customers = job.config.source.tables.get("customers")
    if customers is None or "value" not in customers.columns:
        return None
    return str(read_json(job.layout.validated / MANIFEST)["files"]["customers.parquet"])


def read_stated(job: Job, rows: pa.Table) -> pd.Series | None:
    """`stated_values` of a training's validated tables; None: the source does not map `value`."""
    if stated_by(job) is None:
        return None
    with job.engine() as engine:
        return stated_values(rows, job.tables(engine))


def stated_values(rows: pa.Table, tables: Mapping[str, Table]) -> pd.Series:
    """(rows,) what the company says each customer is worth, as known before the row's as-of date.

    Null where it said nothing by then. Rows without `valid_from` were always known, as everywhere: the list
    too ranks by them.
    """
    customers = rows["customer_id"].to_pandas()
    found = pd.Series(np.nan, index=customers.index, dtype="float64")
    for day in pc.unique(rows["as_of"]).to_pylist():
        known = people(tables, day)
        if known is not None and "value" in known.columns:
            here = pc.equal(rows["as_of"], day).to_numpy()
            found[here] = customers[here].map(known.set_index("customer_id")["value"]).astype("float64")
    return found


def campaign(job: Job, churned: Array, probability: Array, value: Array) -> Campaign:
    """What contacting each test row would have brought, on the terms of the list (`conf/outreach/`)."""
    outreach = job.config.outreach
    assumed = not (value > 0).any()
    worth_each = pd.Series(np.full(len(value), TYPICAL_VALUE) if assumed else value)
    costs = {
        name: getattr(outreach, name)
        for name in ("accept_share", "offer_cost", "offer_taken_share", "contact_cost")
    }
    return Campaign(
        profit=expected_net_value(pd.Series(churned), worth_each, **costs).to_numpy(),
        expected_profit=expected_net_value(pd.Series(probability), worth_each, **costs).to_numpy(),
        value=float(worth_each.mean()) if len(value) else 0.0,
        accept_share=outreach.accept_share,
        offer_cost=outreach.offer_cost,
        contact_cost=outreach.contact_cost,
        assumed=assumed,
    )


def worth(
    rows: pa.Table, outreach: OutreachSettings, *, least_days: int, stated: pd.Series | None = None
) -> pd.Series:
    """What each row's customer is worth if kept, as on a list; 0 where nothing is known.

    Args:
        stated: what the company itself says, as `stated_values` gives it.
    """
    wanted = {name: column for name, column in FEATURES.items() if column in rows.column_names}
    frame: pd.DataFrame = rows.select([*wanted.values()]).to_pandas()
    frame = frame.rename(columns={column: name for name, column in wanted.items()})
    frame = frame.reindex(index=range(rows.num_rows), columns=[*FEATURES]).astype("float64")
    spend = spend_per_day(frame, least_days)
    unknown = pd.Series(np.nan, index=spend.index)
    return customer_value(
        spend, unknown, margin=outreach.margin, value_days=outreach.value_days, stated=stated
    )
