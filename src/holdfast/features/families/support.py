"""Support: how long answers and resolutions took, counted once they are known."""

from holdfast.features.expressions import LIFE
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select

answered = select("answered")
resolved = select("resolved")

SUPPORT = Family(
    name="support",
    stream="tickets",
    reason="SLOW_SUPPORT",
    features=(
        Feature("answer_mean", answered.mean("hours"), "hours", "until the first answer", Windows.BOTH),
        Feature(
            "answer_sum", answered.sum("hours"), "hours", "waited for first answers in all", Windows.BOTH
        ),
        Feature(
            "answer_longest", answered.largest("hours"), "hours", "the slowest first answer", Windows.BOTH
        ),
        Feature("answer_last", answered.newest("hours"), "hours", "the last first answer", Windows.LIFE),
        Feature(
            "answer_slower",
            answered.newest("hours") / answered.mean("hours").over(LIFE),
            "ratio",
            "the last first answer against the customer's mean",
            Windows.LIFE,
        ),
        Feature("resolution_mean", resolved.mean("hours"), "hours", "until the resolution", Windows.BOTH),
        Feature(
            "resolution_sum", resolved.sum("hours"), "hours", "waited for resolutions in all", Windows.BOTH
        ),
        Feature(
            "resolution_longest", resolved.largest("hours"), "hours", "the slowest resolution", Windows.BOTH
        ),
        Feature("resolution_last", resolved.newest("hours"), "hours", "the last resolution", Windows.LIFE),
    ),
)
