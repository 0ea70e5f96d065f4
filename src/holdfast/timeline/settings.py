"""Settings of the timeline (`conf/timeline/`)."""

from typing import Literal

from pydantic import Field

from holdfast.settings import Settings


class TimelineSettings(Settings):
    """The snapshots of a training, and how they are split.

    Attributes:
        contacted_policy: for snapshots whose customer was contacted before the outcome window ended: `keep`
            them unchanged; `drop` them from training; `flag` them with a feature.
    """

    step_days: int | None = Field(ge=1, le=3650)
    snapshots: int = Field(ge=1, le=400)
    test_dates: int | None = Field(ge=1)
    folds: int = Field(ge=1, le=20)
    label_delay_days: int | None = Field(ge=0, le=3650)
    max_rows: int = Field(ge=1000)
    contacted_policy: Literal["keep", "drop", "flag"] = "keep"
