"""Profile: the customer's attributes at the as-of date."""

from holdfast.features.family import ALL, LOWER, Family, Feature, Reason
from holdfast.features.measures import AGE, select

signed_up_days = select("signed_up").max(AGE)

PROFILE = Family(
    name="profile",
    stream="customers",
    reasons=(Reason("PROFILE", levels="profile", background=True),),
    features=(
        Feature("signed_up_days", signed_up_days, "days", "since signing up", ALL, LOWER, "NEW_CUSTOMER"),
    ),
    attributes=True,
)
