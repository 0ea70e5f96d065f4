"""Settings of the retention report (`conf/retention/`)."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from holdfast.settings import Settings

ALL = "all customers"  # attribute and group of all

Metric = Literal[
    "churn_rate", "retention_rate", "end_to_start", "voluntary_churn_rate", "involuntary_churn_rate",
    "active_customers", "gross_revenue_retention", "net_revenue_retention", "mrr", "nps", "csat", "ces",
]  # fmt: skip
PeriodKind = Literal["week", "month", "quarter", "year"]


def _as_share(value: Any) -> Any:
    """`-10%` as -0.1."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return float(value.strip()[:-1]) / 100
    return value


Share = Annotated[float, BeforeValidator(_as_share)]


class Goal(Settings):
    """One goal: a metric, a value, and the day by which it is to be reached.

    Attributes:
        metric: the figure of a period (see `docs/retention.md`).
        target: the value to reach.
        target_change: the change against `baseline`, as a share of it: `-10%` of a churn rate of 20% is 18%.
        baseline: the period to compare with, such as 2026-Q1; needed by `target_change`.
        by: the last period that ends on or before this day decides. The day itself counts.
    """

    metric: Metric
    target: Share | None = None
    target_change: Share | None = None
    baseline: str | None = None
    by: dt.date

    @model_validator(mode="after")
    def _measurable(self) -> "Goal":
        if (self.target is None) == (self.target_change is None):
            raise ValueError("a goal has either a target or a target_change")
        if self.target_change is not None and not self.target_change:
            raise ValueError("target_change is 0: say what is to change, such as -10%")
        if (self.target_change is None) != (self.baseline is None):
            raise ValueError(
                "target_change and baseline go together: a change against the figure of a period"
            )
        return self


class RetentionSettings(Settings):
    """What the report shows; `conf/retention/default.yaml` explains each setting."""

    period: PeriodKind = "quarter"
    periods: int = Field(default=12, ge=1, le=520)
    segments: list[str] | None = None
    cohort_months: int = Field(default=12, ge=1, le=120)
    rfm_days: int = Field(default=365, ge=1, le=36500)
    complaint_days: int = Field(default=90, ge=1, le=3650)
    min_customers: int = Field(default=20, ge=2)
    csat_max: float = Field(default=5, gt=0)
    csat_satisfied_from: float = 4
    ces_easy_from: float = 5
    min_periods: int = Field(default=8, ge=4)
    goals: list[Goal] = Field(default_factory=list)
