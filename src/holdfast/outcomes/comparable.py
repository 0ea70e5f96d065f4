"""Select the listed and held-out customers that differ by chance alone.

Every selected customer is held out with the same probability (see `outreach/holdout.py`). But there is only
one draw in a round of `holdout_days`, so these customers are not compared on this list:

- Customers selected on an earlier list of the round keep the group drawn then. Contacts have already changed
  who appears again: saved customers do not, the held out do. They count with the earlier list.
- Customers still held out from an earlier round were not drawn on this list and have no counterpart.

All others were drawn on this list. If pooled lists have different hold-out shares, the held out are weighted
by the odds of being listed, so that both groups represent the same customers (Horvitz and Thompson, 1952,
with the share as the known probability).
"""

import datetime as dt
from collections.abc import Set

import pandas as pd

WHY = ("listed_before", "held_before", "no_label", "no_holdout")


def mark_compared(
    decisions: pd.DataFrame, *, as_of: dt.date, seen_before: Set[str], share: float
) -> pd.DataFrame:
    """Mark which customers of one list are compared.

    Args:
        decisions: customer_id, decision, held_since, churned (0, 1, or null: no label).
        seen_before: customers selected on an earlier list of the same round.
        share: the probability with which the list's customers were held out.

    Returns:
        The same rows with `compared`, `why_not` (one of WHY for the listed and held out that are not
        compared, else "") and `weight` (listed 1, held out the odds of having been listed, others 0).
    """
    drawn = decisions["decision"].isin(["listed", "held_out"])
    held = decisions["decision"] == "held_out"
    since = pd.to_datetime(decisions["held_since"])
    reasons = {
        "held_before": held & (since < pd.Timestamp(as_of)),
        "listed_before": drawn & decisions["customer_id"].isin(seen_before),
        "no_label": drawn & decisions["churned"].isna(),
        "no_holdout": drawn & (share <= 0 or share >= 1),
    }
    why = pd.Series("", index=decisions.index, dtype="str")
    for name, rows in reversed(reasons.items()):
        why = why.mask(rows, name)
    compared = drawn & (why == "")
    weight = compared.astype("float64")
    if 0 < share < 1:
        weight = weight.mask(held & compared, (1 - share) / share)
    return decisions.assign(compared=compared, why_not=why, weight=weight)
