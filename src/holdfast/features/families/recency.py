"""Recency: days since the last purchase, also relative to the days since the first."""

from holdfast.features.family import ALL, HIGHER, LOWER, Cause, Claim, Family, Feature, Figure, Group, Reason
from holdfast.features.measures import AGE, select
from holdfast.features.reasons import OVERDUE, SUBSCRIBED

TENURES = ("recency__tenure", "subscription__tenure")
FIRST_YEAR = 365  # days; after them no text calls a customer new

purchases = select("purchase")
days = purchases.distinct("day").count()
silence, tenure = purchases.min(AGE), purchases.max(AGE)

RECENCY = Family(
    name="recency",
    stream="transactions",
    rhythm=("gaps__mean",),
    reasons=(
        Reason("LONG_SILENCE", cause=Cause.LESS, absent=("purchase",), general=OVERDUE,
               figures=(Figure("silence", OVERDUE),
                        SUBSCRIBED)),
        Reason("NEW_CUSTOMER", trait=True,
               figures=tuple(
                   Figure("tenure", Claim(tenure, Group.EVERYBODY), states=TENURES, at_most=FIRST_YEAR)
                   for tenure in TENURES
               )),
    ),
    features=(
        Feature("days", silence, "days", "since the last purchase", ALL, HIGHER),
        Feature("tenure", tenure, "days", "since the first purchase", ALL, LOWER, "NEW_CUSTOMER"),
        Feature("share_silent", silence / tenure, "share 0 to 1",
                "of the time since the first purchase that has passed since the last", ALL, HIGHER),
        Feature("share_active", days / tenure, "purchase days a day",
                "days with a purchase for each day since the first", ALL, LOWER, "RARELY_BUYS"),
    ),
)  # fmt: skip
