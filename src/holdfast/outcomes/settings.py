"""Settings of the outcomes (`conf/outcomes/`)."""

from pydantic import Field

from holdfast.settings import Settings


class OutcomesSettings(Settings):
    """How surely it is told whether calling helped; `conf/outcomes/default.yaml` explains.

    Attributes:
        smallest_effect: difference in shares.
        power: probability.
        fewest: customers in either group.
        replicates: bootstrap draws.
    """

    smallest_effect: float = Field(default=0.05, gt=0, lt=1)
    power: float = Field(default=0.8, gt=0.05, lt=1)
    fewest: int = Field(default=10, ge=2)
    replicates: int = Field(default=1000, ge=50)
