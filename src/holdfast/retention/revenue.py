"""Monthly recurring revenue (MRR): its movements in each period, gross and net revenue retention."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from holdfast.retention.activity import Activity
from holdfast.retention.periods import Period, boundaries

FORMULAS = {
    "end_mrr": "start MRR + new + reactivated + expansion − contraction − churned",
    "gross_revenue_retention": "(start MRR − contraction − churned) / start MRR",
    "net_revenue_retention": "(start MRR + expansion − contraction − churned) / start MRR",
}


def recurring_revenue(versions: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    """One row per period.

    Args:
        versions: see `plan_versions`; a version without a monthly_value counts as 0.

    Returns:
        period, start_mrr, new (of customers whose first subscription began in the period), reactivated
        (others without MRR at the start), expansion, contraction, churned (all of a customer's MRR),
        end_mrr, and the rates of FORMULAS; null where there is no MRR at the start.
    """
    midnights = boundaries(periods)
    activity = Activity(versions, midnights)
    money = mrr_at(versions, activity.customers, midnights)
    rows = []
    for place, period in enumerate(periods):
        before, after = money[:, place], money[:, place + 1]
        begun = activity.first >= np.datetime64(period.start)
        gained, change = (
            (before == 0) & (after > 0),
            np.where((before > 0) & (after > 0), after - before, 0.0),
        )
        rows.append(
            {
                "period": period.label, "start_mrr": before.sum(), "new": after[gained & begun].sum(),
                "reactivated": after[gained & ~begun].sum(), "expansion": change[change > 0].sum(),
                "contraction": abs(change[change < 0].sum()), "churned": before[after == 0].sum(),
                "end_mrr": after.sum(),
            }
        )  # fmt: skip
    columns = ["period", "start_mrr", "new", "reactivated", "expansion", "contraction", "churned", "end_mrr"]
    result = pd.DataFrame(rows, columns=columns)
    start = result["start_mrr"].where(result["start_mrr"] > 0)
    kept = result["start_mrr"] - result["contraction"] - result["churned"]
    return result.assign(
        gross_revenue_retention=kept / start, net_revenue_retention=(kept + result["expansion"]) / start
    )


def mrr_at(versions: pd.DataFrame, customers: pd.Index, midnights: Sequence[object]) -> NDArray[np.float64]:
    """(customers, midnights) the sum of the monthly values of the running plan versions."""
    codes = customers.get_indexer(pd.Index(versions["customer_id"]))
    since, until = (versions[name].to_numpy("datetime64[D]") for name in ("since", "until"))
    value = versions["monthly_value"].fillna(0.0).to_numpy(float)
    money = np.zeros((len(customers), len(midnights)))
    for place, moment in enumerate(np.array(midnights, "datetime64[D]")):
        running = (since < moment) & (until >= moment)
        money[:, place] = np.bincount(codes[running], value[running], len(customers))
    return money
