"""The value of the customers of training snapshots, computed as for a list."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from holdfast.outreach.value import customer_value
from holdfast.scoring.profile import FEATURES, people, spend_per_day


def stated_values(snapshots: pa.Table, tables: Mapping[str, Table]) -> pd.Series:
    """(rows,) the customer value that the company stated before the row's as-of date; null: none by then.

    A row without `valid_from` counts as always known.

    Args:
        snapshots: customer_id and as_of.
    """
    customers = snapshots["customer_id"].to_pandas()
    values = pd.Series(np.nan, index=customers.index, dtype="float64")
    for day in pc.unique(snapshots["as_of"]).to_pylist():
        stated = people(tables, day)
        if stated is not None and "value" in stated.columns:
            rows = pc.equal(snapshots["as_of"], day).to_numpy()
            values[rows] = customers[rows].map(stated.set_index("customer_id")["value"]).astype("float64")
    return values


def snapshot_values(
    snapshots: pa.Table, *, margin: float, value_days: float, least_days: int, stated: pd.Series | None = None
) -> pd.Series:
    """(rows,) the value of each row's customer if kept, in money; 0 without any data.

    Args:
        snapshots: features of customers.
        least_days: minimum number of days over which spend per day is averaged.
        stated: the values that the company states (see `stated_values`).
    """
    wanted = {name: column for name, column in FEATURES.items() if column in snapshots.column_names}
    frame: pd.DataFrame = snapshots.select([*wanted.values()]).to_pandas()
    frame = frame.rename(columns={column: name for name, column in wanted.items()})
    frame = frame.reindex(index=range(snapshots.num_rows), columns=[*FEATURES]).astype("float64")
    spend = spend_per_day(frame, least_days)
    unknown = pd.Series(np.nan, index=spend.index)
    return customer_value(spend, unknown, margin=margin, value_days=value_days, stated=stated)
