"""Settings of scoring that do not depend on the model (`conf/outreach/`)."""

from typing import Annotated

from pydantic import Field

from holdfast.settings import Settings


class LapsedSettings(Settings):
    """When a silent customer counts as lapsed.

    Attributes:
        return_share: maximum return rate of lapsed customers, as a share of the return rate of similar
            customers who are not overdue.
        min_customers: minimum number of distinct silent customers; with fewer, nobody counts as lapsed.
    """

    use: bool = True
    return_share: Annotated[float, Field(gt=0, lt=1)] = 0.25
    min_customers: Annotated[int, Field(ge=1)] = 30
