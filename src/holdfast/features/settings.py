"""Settings of the features (`conf/features/`)."""

from pydantic import Field, field_validator

from holdfast.errors import nearest
from holdfast.features.families import FAMILIES
from holdfast.settings import Settings


class FeatureSettings(Settings):
    """Which families over which windows."""

    windows_days: tuple[int, ...] = Field(min_length=1, max_length=24)
    families: dict[str, bool]

    @field_validator("windows_days")
    @classmethod
    def ascending(cls, windows: tuple[int, ...]) -> tuple[int, ...]:
        """Windows are whole days, each once, shortest first."""
        if list(windows) != sorted(set(windows)) or windows[0] < 1:
            raise ValueError("windows are whole days above 0, ascending, each once")
        return windows

    @field_validator("families")
    @classmethod
    def known(cls, families: dict[str, bool]) -> dict[str, bool]:
        """Only families that exist can be switched."""
        names = [family.name for family in FAMILIES]
        for name in families:
            if name not in names:
                raise ValueError(f"there is no family '{name}' ({nearest(name, names)})")
        return families
