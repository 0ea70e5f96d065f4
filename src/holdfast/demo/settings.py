"""Settings of the demo company."""

from datetime import date

from pydantic import Field

from holdfast.settings import Settings


class DemoSettings(Settings):
    """The demo company and its true churn probabilities; `conf/demo/` explains each setting."""

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
