"""What became of customers whose payment failed, and who left because of it."""

from typing import Any

import pandas as pd

from holdfast.features.summary import INVOLUNTARY
from holdfast.outreach.selection import PAYMENT_FAILED


def follow_payments(followed: pd.DataFrame) -> dict[str, Any] | None:
    """Count who left because a payment failed, and the results of the payment recovery list.

    Rows without a known outcome do not count.

    Returns:
        left, involuntary; listed_left, listed_involuntary (of the listed); recovery: customers, settled (they
        stayed, and nothing was due any more), due (they stayed, and it still was), involuntary and voluntary
        (they left). None: the source has no payments.
    """
    if INVOLUNTARY not in followed.columns:
        return None
    labelled = followed[followed["churned"].notna()]
    left, failed = labelled["churned"] == 1, labelled[INVOLUNTARY] == 1
    listed, due = labelled["decision"] == "listed", labelled["payment_due"].astype(bool)
    chased = labelled["decision"] == PAYMENT_FAILED
    return {
        "left": int(left.sum()),
        "involuntary": int(failed.sum()),
        "listed_left": int((listed & left).sum()),
        "listed_involuntary": int((listed & failed).sum()),
        "recovery": {
            "customers": int(chased.sum()),
            "settled": int((chased & ~left & ~due).sum()),
            "due": int((chased & ~left & due).sum()),
            "involuntary": int((chased & failed).sum()),
            "voluntary": int((chased & left & ~failed).sum()),
        },
    }
