"""Satisfaction: ratings of tickets."""

from holdfast.features.family import ALL, BOTH, HIGHER, LOWER, Cause, Claim, Family, Feature, Figure, Reason
from holdfast.features.measures import AGE, ALL_HISTORY, select

LAST = "satisfaction__days_since"

rated, resolved = select("rated"), select("resolved")
mean, last = rated.mean("csat"), rated.last("csat")
last_change = last - mean.over_window(ALL_HISTORY)
unrated_share = resolved.open("unrated_until").count() / resolved.count()

SATISFACTION = Family(
    name="satisfaction",
    stream="tickets",
    reasons=(
        Reason("LOW_SATISFACTION", cause=Cause.SERVICE,
               figures=(Figure("rating", Claim("satisfaction__last", than="satisfaction__mean", or_equal=True,
                                               last=LAST)),)),
    ),
    features=(
        Feature("mean", mean, "rating", "ratings", BOTH, LOWER),
        Feature("lowest", rated.min("csat"), "rating", "the lowest rating", BOTH, LOWER),
        Feature("last", last, "rating", "the last rating", ALL, LOWER),
        Feature("last_change", last_change, "rating", "the last rating minus the mean", ALL, LOWER),
        Feature("rated", rated.count(), "ratings", "tickets rated", ALL),
        Feature("unrated_share", unrated_share, "share 0 to 1", "of the resolved tickets are not rated", BOTH,
                HIGHER, "SURVEY_SILENCE"),
        Feature("days_since", rated.min(AGE), "days", "since the last rating", ALL),
    ),
)  # fmt: skip
