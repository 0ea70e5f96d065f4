"""Settings of the timeline (`conf/timeline/`)."""

from typing import Literal

from pydantic import Field

from holdfast.settings import Settings


class TimelineSettings(Settings):
    """Which snapshots a training learns from, and how they are divided.

    Attributes:
        contacted_policy: what is made of snapshots whose customer was contacted before the outcome was over:
            `keep` them as they are; `drop` them; `flag` them, so that what contacts did is told apart.
    """

    step_days: int | None = Field(ge=1, le=3650)
    snapshots: int = Field(ge=1, le=400)
    test_dates: int | None = Field(ge=1)
    folds: int = Field(ge=1, le=20)
    label_delay_days: int | None = Field(ge=0, le=3650)
    max_rows: int = Field(ge=1000)
    contacted_policy: Literal["keep", "drop", "flag"] = "keep"
