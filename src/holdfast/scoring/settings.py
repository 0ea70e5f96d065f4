"""Settings of scoring that belong to no model (`conf/outreach/`)."""

from typing import Annotated

from pydantic import Field

from holdfast.settings import Settings


class LapsedSettings(Settings):
    """From when on a silent customer counts as lapsed.

    Attributes:
        use: whether anybody does.
        return_share: how often customers so silent come back at most, as a share of how often customers like
            them come back who are not overdue.
        min_customers: without so many different customers to judge by, nobody counts as lapsed.
    """

    use: bool = True
    return_share: Annotated[float, Field(gt=0, lt=1)] = 0.25
    min_customers: Annotated[int, Field(ge=1)] = 30
