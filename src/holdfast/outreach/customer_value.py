"""What the customers of snapshots are worth if kept, as on a list."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from holdfast.outreach.value import customer_value
from holdfast.scoring.profile import FEATURES, people, spend_per_day


def stated_values(snapshots: pa.Table, tables: Mapping[str, Table]) -> pd.Series:
    """(rows,) what the company says each customer is worth, as known before the row's as-of date.

    Null where it said nothing by then. Rows without `valid_from` were always known, as everywhere: the list
    too ranks by them.

    Args:
        snapshots: customer_id and as_of.
        tables: the validated tables.
    """
    customers = snapshots["customer_id"].to_pandas()
    values = pd.Series(np.nan, index=customers.index, dtype="float64")
    for day in pc.unique(snapshots["as_of"]).to_pylist():
        known = people(tables, day)
        if known is not None and "value" in known.columns:
            here = pc.equal(snapshots["as_of"], day).to_numpy()
            values[here] = customers[here].map(known.set_index("customer_id")["value"]).astype("float64")
    return values


def snapshot_values(
    snapshots: pa.Table, *, margin: float, value_days: float, least_days: int, stated: pd.Series | None = None
) -> pd.Series:
    """(rows,) what each row's customer is worth if kept, money; 0 where nothing is known.

    Args:
        snapshots: features of customers.
        margin, value_days: of `conf/outreach/`.
        least_days: spend a day is taken over at least so many days.
        stated: what the company itself says, as `stated_values` gives it.
    """
    wanted = {name: column for name, column in FEATURES.items() if column in snapshots.column_names}
    frame: pd.DataFrame = snapshots.select([*wanted.values()]).to_pandas()
    frame = frame.rename(columns={column: name for name, column in wanted.items()})
    frame = frame.reindex(index=range(snapshots.num_rows), columns=[*FEATURES]).astype("float64")
    spend = spend_per_day(frame, least_days)
    unknown = pd.Series(np.nan, index=spend.index)
    return customer_value(spend, unknown, margin=margin, value_days=value_days, stated=stated)
