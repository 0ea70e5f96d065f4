"""Settings of reasons (`conf/explain/`): how strong, unusual and recent a stated reason must be."""

from typing import Annotated

from pydantic import Field

from holdfast.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class ExplainSettings(Settings):
    """When a reason is stated.

    Attributes:
        material_share: minimum share of all contributions that raise the customer's risk.
        further_share: the same for every reason after the first.
        worse_than: minimum share of comparable customers who stayed that have a less risky value.
        recent_days: maximum age of tickets, ratings and price rises.
        symptom_weight: factor on the contribution of what does not say why (see `Cause.is_symptom`) when
            causes are ranked.
        clear_ratio: minimum ratio of a silence to the customer's usual gap between purchases, and of a wait
            for an answer or a solution to the median of comparable customers.
        min_gaps: minimum length of a window, in usual gaps between facts.
        clear_fall_purchases, clear_fall_share: minimum fall against the previous window; one is enough.
    """

    material_share: Share = 0.05
    further_share: Share = 0.15
    worse_than: Share = 0.6
    recent_days: Annotated[int, Field(ge=1)] = 90
    symptom_weight: Share = 0.8
    clear_ratio: Annotated[float, Field(ge=1)] = 1.5
    min_gaps: Annotated[float, Field(ge=0)] = 1.25
    clear_fall_purchases: Annotated[float, Field(ge=0)] = 1.5
    clear_fall_share: Share = 0.75


DEFAULTS = ExplainSettings()
