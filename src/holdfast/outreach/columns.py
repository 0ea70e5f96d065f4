"""The columns of the at-risk list, its control group and its decisions."""

# The columns of every file of the list, in order, with their pandas types ("date": datetime.date or None).
COLUMNS = {
    "rank": "int64", "customer_id": "str", "name": "str", "owner": "str", "churn_probability": "float64",
    "risk_tier": "str", "value_at_risk": "float64", "expected_net_value": "float64", "reason_1": "str",
    "reason_2": "str", "reason_3": "str", "reason_1_code": "str", "reason_2_code": "str",
    "reason_3_code": "str", "recommended_action": "str", "channel": "str", "status_vs_last": "str",
    "previous_probability": "float64", "days_since_last_purchase": "float64", "open_tickets": "Int64",
    "renewal_date": "date", "segment": "str", "language": "str", "country": "str", "as_of": "date",
    "outcome_window_end": "date", "model_version": "str", "run_id": "str",
}  # fmt: skip
# The columns of a selection; publishing adds `run_id`.
SELECTED_COLUMNS = {name: kind for name, kind in COLUMNS.items() if name != "run_id"}
HELD_OUT_COLUMNS = {
    "customer_id": "str", "as_of": "date", "held_since": "date", "churn_probability": "float64",
    "value_at_risk": "float64", "expected_net_value": "float64",
}  # fmt: skip
# One row per eligible customer, for `outcomes`; not for the team, because it names the held out.
# `held_since` is null unless held out. The listed and the held out have a reason and an action.
# `accept_share`: assumed share of would-be churners that a contact keeps. `saved_share`: expected reduction
# of the churn probability by a contact.
DECISION_COLUMNS = {
    "customer_id": "str", "decision": "str", "held_since": "date", "churn_probability": "float64",
    "value": "float64", "value_at_risk": "float64", "accept_share": "float64", "saved_share": "float64",
    "expected_net_value": "float64", "risk_tier": "str", "reason_1_code": "str",
    "recommended_action": "str",
}  # fmt: skip
