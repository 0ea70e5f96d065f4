"""Settings of the uplift estimate (`conf/uplift/`)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, field_validator

from holdfast.errors import nearest
from holdfast.features.families import FAMILIES
from holdfast.settings import Settings


class UpliftSettings(Settings):
    """When the uplift is learned, and from what; `conf/uplift/default.yaml` explains each setting."""

    renamed: ClassVar[Mapping[str, str]] = {"fewest": "min_customers", "most_lists": "max_lists"}

    use: bool = True
    min_customers: int = Field(default=100, ge=20)
    max_lists: int = Field(default=24, ge=1)
    moderators: tuple[str, ...] = ()
    window_days: int = Field(default=90, ge=1)
    attributes: bool = False
    planned_share: float | None = Field(default=None, gt=0, lt=1)

    @field_validator("moderators")
    @classmethod
    def known(cls, moderators: tuple[str, ...]) -> tuple[str, ...]:
        """Only features that exist can be named."""
        names = [f"{family.name}__{feature.name}" for family in FAMILIES for feature in family.features]
        for name in moderators:
            if name not in names:
                raise ValueError(f"there is no feature '{name}' ({nearest(name, names)})")
        return moderators
