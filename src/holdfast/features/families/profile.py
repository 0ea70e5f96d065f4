"""Profile: what the customer is, as it stood at the as-of date."""

from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import AGE

PROFILE = Family(
    name="profile",
    stream="customers",
    reason="PROFILE",
    features=(
        Feature(
            "signed_up_days",
            select("signed_up").largest(AGE),
            "days",
            "since signing up",
            Windows.LIFE,
            "NEW_CUSTOMER",
        ),
    ),
    attributes=True,
)
