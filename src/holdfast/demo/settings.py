"""What can be chosen about the demo company."""

from datetime import date

from pydantic import Field

from holdfast.settings import Settings


class DemoSettings(Settings):
    """The demo company and the question that its truth answers.

    Attributes:
        customers: how many customers ever sign up.
        end: the day after the last day of the raw tables; nothing in them is known at or after it.
        days: length of the raw tables.
        chunk_customers: customers simulated at once: the unit of memory and of the raw files. It does not
            change what happens to any customer.
        price_rise: the usual rise of a price that rises, as a share of the list price; 0: no price rises.
        support_delay: how many times slower than usual support answers and resolves.
        contact_effect: how strongly campaigns move customers; 1 is usual, 0 not at all.
        horizon_days, gap_days, active_within_days: the churn question that the truth answers.
        truth_weeks: the truth is known for `end` and for this many weeks before it.
        truth_draws: how many futures of open tickets and campaigns one true probability averages over.
    """

    customers: int = Field(default=20_000, ge=1, le=10_000_000)
    end: date = date(2026, 7, 6)
    days: int = Field(default=728, ge=28, le=3650)
    chunk_customers: int = Field(default=20_000, ge=1, le=500_000)
    price_rise: float = Field(default=0.15, ge=0, le=1)
    support_delay: float = Field(default=1.0, ge=0.2, le=10)
    contact_effect: float = Field(default=1.0, ge=0, le=5)
    horizon_days: int = Field(default=60, ge=1, le=730)
    gap_days: int = Field(default=0, ge=0, le=365)
    active_within_days: int = Field(default=180, ge=1, le=3650)
    truth_weeks: int = Field(default=40, ge=0, le=520)
    truth_draws: int = Field(default=4, ge=1, le=100)
