"""Settings of the timeline (`conf/timeline/`)."""

from pydantic import Field

from holdfast.settings import Settings


class TimelineSettings(Settings):
    """How the grid of as-of dates is laid and divided."""

    step_days: int | None = Field(ge=1, le=3650)
    snapshots: int = Field(ge=1, le=400)
    test_dates: int | None = Field(ge=1)
    folds: int = Field(ge=1, le=20)
    label_delay_days: int | None = Field(ge=0, le=3650)
    max_rows: int = Field(ge=1000)
