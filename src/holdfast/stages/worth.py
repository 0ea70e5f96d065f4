"""What the customers of a test are worth if kept, and what calling them would have brought."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.evaluation.money import TYPICAL_VALUE, Money
from holdfast.job import Job
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.value import customer_value, expected_net_value
from holdfast.scoring.profile import FEATURES, spend_per_day

Array = NDArray[Any]


def campaign(job: Job, churned: Array, probability: Array, value: Array) -> Money:
    """What contacting each test row would have brought, on the terms of the list (`conf/outreach/`)."""
    outreach = job.config.outreach
    assumed = not (value > 0).any()
    worth_each = pd.Series(np.full(len(value), TYPICAL_VALUE) if assumed else value)
    costs = {
        name: getattr(outreach, name)
        for name in ("accept_share", "offer_cost", "offer_taken_share", "contact_cost")
    }
    return Money(
        gain=expected_net_value(pd.Series(churned), worth_each, **costs).to_numpy(),
        promised=expected_net_value(pd.Series(probability), worth_each, **costs).to_numpy(),
        value=float(worth_each.mean()) if len(value) else 0.0,
        accept_share=outreach.accept_share,
        offer_cost=outreach.offer_cost,
        contact_cost=outreach.contact_cost,
        assumed=assumed,
    )


def worth(rows: pa.Table, outreach: OutreachSettings, *, least_days: int) -> pd.Series:
    """What each row's customer is worth if kept, as on a list; 0 where nothing is known."""
    wanted = {name: column for name, column in FEATURES.items() if column in rows.column_names}
    frame: pd.DataFrame = rows.select([*wanted.values()]).to_pandas()
    frame = frame.rename(columns={column: name for name, column in wanted.items()})
    frame = frame.reindex(index=range(rows.num_rows), columns=[*FEATURES]).astype("float64")
    spend = spend_per_day(frame, least_days)
    unknown = pd.Series(np.nan, index=spend.index)
    return customer_value(spend, unknown, margin=outreach.margin, value_days=outreach.value_days)
