"""Settings of the audit (`conf/audit/`)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, model_validator

from holdfast.settings import Settings


class AuditSettings(Settings):
    """How much is compared, and from where on a column is suspicious.

    Attributes:
        dates: so many as-of dates, spread over the training grid, beside the newest.
        max_customers: of more customers, so many are compared (drawn by SHA-256).
        suspicious_auc, leak_auc: a single column that ranks those who left at least so well (AUC, either way
            round) is named; from `leak_auc` on, the audit refuses where the experiment cannot clear it.
        max_auc_rise: a column whose AUC rises so much from the older to the newest dates was overwritten.
        min_churners: of fewer customers who left, or who stayed, no ranking is judged.
    """

    renamed: ClassVar[Mapping[str, str]] = {"look_auc": "suspicious_auc", "rise_auc": "max_auc_rise"}

    dates: int = Field(ge=1, le=50)
    max_customers: int = Field(ge=100)
    suspicious_auc: float = Field(gt=0.5, lt=1.0)
    leak_auc: float = Field(gt=0.5, le=1.0)
    max_auc_rise: float = Field(default=0.15, gt=0.0, lt=0.5)
    min_churners: int = Field(ge=10)

    @model_validator(mode="after")
    def _rising(self) -> "AuditSettings":
        if self.suspicious_auc > self.leak_auc:
            raise ValueError("suspicious_auc is the lower of the two: it must not be above leak_auc")
        return self
