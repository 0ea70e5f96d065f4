"""Settings of the outcomes (`conf/outcomes/`)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from holdfast.settings import Settings


class OutcomesSettings(Settings):
    """Precision of the effect of contacting; `conf/outcomes/default.yaml` explains each setting."""

    renamed: ClassVar[Mapping[str, str]] = {"fewest": "min_customers", "smallest_effect": "min_effect"}

    min_effect: float = Field(default=0.05, gt=0, lt=1)
    power: float = Field(default=0.8, gt=0.05, lt=1)
    min_customers: int = Field(default=10, ge=2)
    replicates: int = Field(default=1000, ge=50)
