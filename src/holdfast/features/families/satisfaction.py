"""Satisfaction: how customers rated their tickets, counted once rated."""

from holdfast.features.expressions import LIFE
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import AGE

rated = select("rated")
resolved = select("resolved")

SATISFACTION = Family(
    name="satisfaction",
    stream="tickets",
    reason="LOW_SATISFACTION",
    features=(
        Feature("mean", rated.mean("csat"), "rating", "ratings", Windows.BOTH),
        Feature("lowest", rated.smallest("csat"), "rating", "the lowest rating", Windows.BOTH),
        Feature("last", rated.newest("csat"), "rating", "the last rating", Windows.LIFE),
        Feature(
            "last_change",
            rated.newest("csat") - rated.mean("csat").over(LIFE),
            "rating",
            "the last rating against the customer's mean",
            Windows.LIFE,
        ),
        Feature("rated", rated.count(), "ratings", "tickets rated", Windows.LIFE),
        Feature(
            "unrated_share",
            resolved.open("unrated_until").count() / resolved.count(),
            "share 0 to 1",
            "of the resolved tickets are not rated",
            Windows.BOTH,
            "SURVEY_SILENCE",
        ),
        Feature("days_since", rated.smallest(AGE), "days", "since the last rating", Windows.LIFE),
    ),
)
