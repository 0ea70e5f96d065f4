"""The true churn probabilities, which are no raw table, and the AUC that they reach."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.demo.columns import Clock
from holdfast.demo.facts import Records
from holdfast.demo.identifiers import customer_numbers
from holdfast.demo.settings import DemoSettings

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()), ("as_of", pa.date32()), ("horizon_days", pa.int32()),
        ("gap_days", pa.int32()), ("churn_probability", pa.float64()),
        *((cause, pa.float64()) for cause in ("silence", "service", "prices")),
    ]
)  # fmt: skip


def tabulate_truth(truths: Records, settings: DemoSettings, clock: Clock) -> pa.Table:
    """Grain and key: customer and as-of date, for active customers.

    `churn_probability`: of no purchase in the outcome window, given all facts before `as_of` and the hidden
    base rate; in (0, 1). `silence`, `service` and `prices`: how much a faded habit, support and price rises
    lowered the log intensity of buying, at least 0.
    """
    rows = len(truths)
    days = np.datetime64(clock.first, "D") + truths["day"].astype("timedelta64[D]")
    columns = [
        customer_numbers(truths["customer"]),
        pa.array(days, pa.date32()),
        pa.array(np.full(rows, settings.horizon_days), pa.int32()),
        pa.array(np.full(rows, settings.gap_days), pa.int32()),
        pa.array(truths["probability"], pa.float64()),
        *(pa.array(lost, pa.float64()) for lost in (-truths["habit"], -truths["mood"], truths["shock"])),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def achievable_auc(
    truth: pa.Table, predictions: pd.DataFrame, *, horizon_days: int, gap_days: int
) -> float | None:
    """The AUC of the true probabilities on the rows of `predictions` (customer_id, as_of, churned 0 or 1).

    None: the truth has another outcome window or lacks rows, or there is only one class.
    """
    from sklearn.metrics import roc_auc_score  # takes a second to import

    if predictions.empty:
        return None
    as_of = pd.to_datetime(predictions["as_of"])
    dates = [day.date() for day in as_of.unique()]
    wanted = truth.filter(pc.is_in(truth["as_of"], value_set=pa.array(dates, pa.date32()))).to_pandas()
    if not ((wanted["horizon_days"] == horizon_days) & (wanted["gap_days"] == gap_days)).all():
        return None
    wanted["as_of"] = pd.to_datetime(wanted["as_of"])
    rows = predictions[["customer_id", "churned"]].astype({"customer_id": "str", "churned": "int64"})
    rows["as_of"] = as_of.astype(wanted["as_of"].dtype)
    joined = rows.merge(wanted, on=["customer_id", "as_of"], how="left", validate="many_to_one")
    if joined["churn_probability"].isna().any() or joined["churned"].nunique() < 2:
        return None
    return float(roc_auc_score(joined["churned"], joined["churn_probability"]))
