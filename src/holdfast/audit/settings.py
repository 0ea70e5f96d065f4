"""Settings of the audit (`conf/audit/`)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, model_validator

from holdfast.settings import Settings


class AuditSettings(Settings):
    """The size of the experiment, and the thresholds of findings; `conf/audit/default.yaml` explains each."""

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
