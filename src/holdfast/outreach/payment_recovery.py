"""Payment recovery: the list of customers whose last payment failed, for whoever chases payments.

They gave no notice, so nothing says that they decided to leave, and they are on no other list. There is no
hold-out and no cool-down: what is owed is asked for.
"""

from datetime import date

import pandas as pd

from holdfast.explain.texts import Texts
from holdfast.outreach.actions import Wording
from holdfast.outreach.lists import typed
from holdfast.outreach.playbook import choose
from holdfast.outreach.selection import PAYMENT_FAILED
from holdfast.outreach.settings import OutreachSettings

CODE = "PAYMENT_FAILED"  # the reason
NEXT_ATTEMPT = "next_attempt"  # see `settings.When.known`

# The columns of every file of the list, in order, with their pandas types.
RECOVERY_COLUMNS = {
    "rank": "int64", "customer_id": "str", "name": "str", "owner": "str", "amount_due": "float64",
    "failed_on": "date", "failed_attempts": "int64", "failure_code": "str", "next_attempt_on": "date",
    "value_at_risk": "float64", "churn_probability": "float64", "reason": "str", "reason_code": "str",
    "recommended_action": "str", "segment": "str", "language": "str", "country": "str", "as_of": "date",
    "run_id": "str",
}  # fmt: skip
SELECTED_COLUMNS = {name: kind for name, kind in RECOVERY_COLUMNS.items() if name != "run_id"}


def build_payment_recovery(
    customers: pd.DataFrame, decisions: pd.DataFrame, failures: pd.DataFrame, settings: OutreachSettings, *,
    wording: Wording, texts: Texts, as_of: date,
) -> pd.DataFrame:  # fmt: skip
    """SELECTED_COLUMNS of one `as_of`: one row per customer, key customer_id, by value at risk.

    Args:
        customers: the scored customers: customer_id, name, owner, segment, language, country.
        decisions: the at-risk list's decisions; those decided as PAYMENT_FAILED are listed here.
        failures: the failed payments (see `scoring.payments.failed_payments`).
    """
    chosen = decisions.loc[
        decisions["decision"] == PAYMENT_FAILED, ["customer_id", "value_at_risk", "churn_probability"]
    ]
    profiles = customers[["customer_id", "name", "owner", "segment", "language", "country"]]
    rows = chosen.merge(profiles, on="customer_id").merge(failures, on="customer_id", validate="one_to_one")
    rows = rows.sort_values(
        ["value_at_risk", "amount_due", "customer_id"], ascending=[False, False, True], ignore_index=True
    )
    known_data = [() if pd.isna(day) else (NEXT_ATTEMPT,) for day in rows["next_attempt_on"]]
    actions = [choose([CODE], "low", None, settings, as_of, data).action for data in known_data]
    failed = zip(rows["failed_attempts"], rows["failing_days"], strict=True)
    listed = rows.assign(
        rank=range(1, len(rows) + 1),
        reason=pd.Series([reason_of(*row, texts) for row in failed], dtype="str"),
        reason_code=CODE,
        recommended_action=[wording.action(action) for action in actions],
        as_of=as_of,
    )
    return typed(listed, SELECTED_COLUMNS)


def reason_of(attempts: float, days: float, texts: Texts) -> str | None:
    """What happened, in the list's language."""
    figures = {"failed_attempts": attempts, "failing_days": days}
    return texts.choose(CODE, figures)
