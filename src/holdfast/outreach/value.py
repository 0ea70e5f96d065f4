"""Customer value, value at risk and expected return of a contact.

All functions take and return one value per customer, in the source's currency, aligned by index.
"""

import numpy as np
import pandas as pd


def customer_value(
    spend_per_day: pd.Series, expected_days: pd.Series, *, margin: float, value_days: float,
    stated: pd.Series | None = None,
) -> pd.Series:  # fmt: skip
    """The margin that a customer brings if kept through the outcome window; at least 0, never null.

    `value = margin × spend_per_day × min(expected_days, value_days)`

    The undiscounted customer lifetime value of Gupta et al. (2006), "Modeling Customer Lifetime Value",
    Journal of Service Research 9(2), with past spend as the forecast of future spend.

    Args:
        spend_per_day: net of refunds; missing, infinite or negative: the customer is worth 0.
        expected_days: expected remaining days if kept; missing: `value_days`.
        value_days: the maximum number of days that count.
        stated: the value that the company states; it replaces the formula where it is finite.
    """
    spend = spend_per_day.astype("float64")
    spend = spend.where(np.isfinite(spend) & (spend > 0), 0.0)
    days = expected_days.astype("float64").fillna(value_days).clip(lower=0.0, upper=value_days)
    formula = margin * spend * days
    if stated is None:
        return formula
    known = stated.astype("float64")
    return known.where(np.isfinite(known), formula).clip(lower=0.0)


def value_at_risk(churn_probability: pd.Series, value: pd.Series) -> pd.Series:
    """The expected loss without a contact: `churn_probability × value`."""
    return churn_probability * value


def expected_net_value(
    churn_probability: pd.Series, value: pd.Series, *, accept_share: float, offer_cost: float,
    offer_taken_share: float, contact_cost: float, saved_share: pd.Series | None = None,
) -> pd.Series:  # fmt: skip
    """The expected return of contacting a customer, net of all costs; may be negative.

    `p·accept·(value − offer) − (1 − p)·offer_taken·offer − contact`

    The profit of a retention campaign by Neslin et al. (2006), "Defection Detection", Journal of Marketing
    Research 43(2), for one customer. With `offer_taken_share` 1 it is the profit behind the maximum profit
    measure of Verbeke et al. (2012), European Journal of Operational Research 218(1), whose mean acceptance
    of 0.3 and contact cost of 1 are the defaults in `conf/outreach/`.

    Args:
        accept_share: share (0 to 1) of the would-be churners whom the contact keeps.
        offer_cost: money given to a customer who takes the offer; all whom the contact keeps take it.
        offer_taken_share: share (0 to 1) of the others who take the offer.
        saved_share: churn reduction by a contact, in place of `p·accept`; negative: the contact drives more
            away than it keeps. Null: `p·accept`.
    """
    kept = churn_probability * accept_share
    saved = (kept if saved_share is None else saved_share.fillna(kept)) * (value - offer_cost)
    given_away = (1 - churn_probability) * offer_taken_share * offer_cost
    return saved - given_away - contact_cost
