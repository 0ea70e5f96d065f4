"""Settings of the demo company."""

from datetime import date

from pydantic import Field

from holdfast.settings import Settings


class DemoSettings(Settings):
    """Settings of the demo company and of its true churn probabilities.

    Attributes:
        customers: the number of customers who ever sign up.
        end: the day after the last day of the raw tables.
        days: the length of the raw tables.
        chunk_customers: customers simulated at once: the unit of memory and of the raw files. It does not
            affect any customer.
        price_rise: the usual size of a price rise, as a share of the list price; 0: no price rises.
        support_delay: the factor by which support is slower than usual.
        contact_effect: the strength of the effect of campaigns; 1: usual, 0: none.
        control_groups: record the customers whom chance left out of a campaign, as its control group.
        horizon_days, gap_days, active_within_days: the churn definition of the true probabilities.
        truth_weeks: true probabilities are computed for `end` and each of this many weeks before it.
        truth_draws: the number of simulated futures that a true probability averages over.
    """

    customers: int = Field(default=4_000, ge=1, le=10_000_000)
    end: date = date(2026, 7, 6)
    days: int = Field(default=728, ge=28, le=3650)
    chunk_customers: int = Field(default=20_000, ge=1, le=500_000)
    price_rise: float = Field(default=0.15, ge=0, le=1)
    support_delay: float = Field(default=1.0, ge=0.2, le=10)
    contact_effect: float = Field(default=1.0, ge=0, le=5)
    control_groups: bool = False
    horizon_days: int = Field(default=60, ge=1, le=730)
    gap_days: int = Field(default=0, ge=0, le=365)
    active_within_days: int = Field(default=180, ge=1, le=3650)
    truth_weeks: int = Field(default=40, ge=0, le=520)
    truth_draws: int = Field(default=4, ge=1, le=100)
