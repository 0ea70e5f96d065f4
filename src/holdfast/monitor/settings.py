"""Settings of the monitor (`conf/monitor/`)."""

from typing import Literal

from pydantic import Field, model_validator

from holdfast.settings import Settings

Level = Literal["fine", "unknown", "watch", "retrain", "fix"]  # a verdict, the mildest first
LEVELS: tuple[Level, ...] = ("fine", "unknown", "watch", "retrain", "fix")


class MonitorSettings(Settings):
    """Thresholds of the monitor; each pair rises. `conf/monitor/default.yaml` explains each setting.

    Attributes:
        inputs_watch, inputs_retrain: share of the feature importance with drift; `inputs_retrain` counts only
            strong drift.
        refuse: the verdict from which `score` publishes no list and `monitor` exits 4.
    """

    psi_watch: float = Field(gt=0)
    psi_large: float = Field(gt=0)
    inputs_watch: float = Field(gt=0, le=1)
    inputs_retrain: float = Field(gt=0, le=1)
    auc_drop_watch: float = Field(ge=0, le=1)
    auc_drop_retrain: float = Field(ge=0, le=1)
    ece_watch: float = Field(gt=0, le=1)
    ece_retrain: float = Field(gt=0, le=1)
    age_watch: float = Field(gt=0)
    age_retrain: float = Field(gt=0)
    runs: int = Field(ge=1, le=400)
    accept_changes: bool = False
    refuse: Literal["never", "fix", "retrain"] = Field(exclude=True)  # does not change the verdict

    def refuses(self, verdict: str) -> bool:
        """Whether a verdict is at least as severe as `refuse`."""
        return self.refuse != "never" and LEVELS.index(verdict) >= LEVELS.index(self.refuse)

    @model_validator(mode="after")
    def _rising(self) -> "MonitorSettings":
        pairs = (
            ("psi_watch", "psi_large"), ("inputs_watch", "inputs_retrain"), ("ece_watch", "ece_retrain"),
            ("auc_drop_watch", "auc_drop_retrain"), ("age_watch", "age_retrain"),
        )  # fmt: skip
        for lower, upper in pairs:
            if getattr(self, lower) > getattr(self, upper):
                raise ValueError(f"{lower} is the lower of the two: it must not be above {upper}")
        return self
