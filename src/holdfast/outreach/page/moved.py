"""The reason that changed a customer's risk most since the last list."""

import numpy as np
import pandas as pd
import pyarrow as pa

from holdfast.engine.parallel import Buckets
from holdfast.errors import NoFitModel
from holdfast.explain.attribution import Attribution
from holdfast.explain.explanations import explain
from holdfast.outreach.page.waterfall import Waterfall, build_waterfall
from holdfast.scoring.model_input import InputRequest


def find_moved(
    listed: pd.DataFrame, now: Waterfall, attribution: Attribution, then: InputRequest, buckets: Buckets
) -> pd.Series | None:
    """For customers with status `worse` or `better`, the reason that changed most since the last list.

    The list's model explains both dates, so that only the customer differs.

    Args:
        listed: customer_id and status_vs_last of the listed customers.
        now: their risk breakdown.
        then: the model's input at the date of the last list.

    Returns:
        customer_id → reason code or null; None: nobody is worse or better, or the source lacked columns then.
    """
    rose = listed[listed["status_vs_last"].isin(["worse", "better"])].set_index("customer_id")
    if rose.empty:
        return None
    rows = then.of_customers(pa.array(rose.index, pa.string()), buckets)
    try:
        explanation = explain(then.bundle, rows)
    except NoFitModel:
        return None
    before = build_waterfall(
        rows["customer_id"].to_pylist(), explanation, attribution, then.bundle.calibration
    )
    return moved_most(now, before, rose["status_vs_last"] == "worse")


def moved_most(now: Waterfall, then: Waterfall, rose: pd.Series) -> pd.Series:
    """For each customer, the reason that changed the risk most since an earlier date.

    Args:
        now, then: waterfalls of the same model.
        rose: customer_id → whether the risk rose (True) or fell (False).

    Returns:
        customer_id → reason code; null if the customer is missing, or no reason changed in that direction.
    """
    row_now, row_then = ({name: row for row, name in enumerate(w.customers)} for w in (now, then))
    codes: dict[str, str] = {}
    for customer, up in zip(rose.index.astype("str"), rose, strict=True):
        if customer in row_now and customer in row_then:
            difference = now.added[row_now[customer]] - then.added[row_then[customer]]
            change = np.round(difference, 9) * (1 if up else -1)
            if change.max(initial=0.0) > 0:
                codes[customer] = now.codes[int(change.argmax())]
    return pd.Series(codes, dtype="object").reindex(rose.index)
