"""leavers: streams, earlier reasons → the customers who left recently, and why each left."""

from typing import Any

import pandas as pd

from holdfast.artifacts.lapsed import Lapsed
from holdfast.artifacts.leavers import write_leavers
from holdfast.artifacts.reason_history import ReasonHistory
from holdfast.artifacts.validated import ValidatedTables
from holdfast.outreach.leavers import give_reasons
from holdfast.runtime.context import StageRun
from holdfast.scoring.leavers import find_leavers


def find_recent_leavers(
    run: StageRun, validated: ValidatedTables, lapsed: Lapsed, reasons: ReasonHistory
) -> dict[str, Any]:
    """Find the customers for a win-back list, as known before the as-of date."""
    settings, churn, days = run.settings, run.settings.churn, run.settings.outreach.win_back_days
    leavers = pd.DataFrame({"customer_id": pd.Series(dtype="str")})
    if days:
        with run.engine() as engine:
            leavers = find_leavers(
                validated.tables(engine), churn, run.day, within_days=days, least_days=churn.horizon_days,
                lapsed=lapsed.lapsed(), limits=lapsed.limits(),
            )  # fmt: skip
        earlier = reasons.latest_first()
        leavers = give_reasons(leavers, earlier, settings.reason_texts, settings.language, run.day)
    write_leavers(run.out, leavers)
    return {"as_of": str(run.day), "within_days": days, "left": len(leavers)}
