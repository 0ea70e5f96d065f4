"""Surveys: what customers answer (NPS, CSAT, CES: each on its own scale), and whether they still do."""

from holdfast.features.expressions import LIFE, present
from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import before, select
from holdfast.features.values import AGE

answers = select("nps", "csat_survey", "ces")
nps, csat, ces = select("nps"), select("csat_survey"), select("ces")

SURVEYS = Family(
    name="surveys",
    stream="surveys",
    reason="LOW_SURVEY_SCORE",
    features=(
        Feature("nps_last", nps.newest("score"), "0 to 10", "the last NPS answer", Windows.LIFE),
        Feature("nps_mean", nps.mean("score"), "0 to 10", "NPS answers", Windows.BOTH),
        Feature("nps_lowest", nps.smallest("score"), "0 to 10", "the lowest NPS answer", Windows.LIFE),
        Feature(
            "nps_change",
            nps.newest("score") - nps.mean("score").over(LIFE),
            "-10 to 10",
            "the last NPS answer against the customer's mean",
            Windows.LIFE,
        ),
        Feature("csat_last", csat.newest("score"), "score", "the last CSAT answer", Windows.LIFE),
        Feature("csat_mean", csat.mean("score"), "score", "CSAT answers", Windows.LIFE),
        Feature("csat_lowest", csat.smallest("score"), "score", "the lowest CSAT answer", Windows.LIFE),
        Feature(
            "csat_change",
            csat.newest("score") - csat.mean("score").over(LIFE),
            "score",
            "the last CSAT answer against the customer's mean",
            Windows.LIFE,
        ),
        Feature("ces_last", ces.newest("score"), "score", "the last CES answer", Windows.LIFE),
        Feature("ces_mean", ces.mean("score"), "score", "CES answers", Windows.LIFE),
        Feature("ces_lowest", ces.smallest("score"), "score", "the lowest CES answer", Windows.LIFE),
        Feature(
            "ces_change",
            ces.newest("score") - ces.mean("score").over(LIFE),
            "score",
            "the last CES answer against the customer's mean",
            Windows.LIFE,
        ),
        Feature("answers", answers.count(), "answers", "answers given", Windows.BOTH, "SURVEY_SILENCE"),
        Feature(
            "days_since",
            answers.smallest(AGE),
            "days",
            "since the last answer",
            Windows.LIFE,
            "SURVEY_SILENCE",
        ),
        Feature(
            "silence",
            present(before(answers.count())) * (1 - present(answers.count())),
            "0 or 1",
            "answered in the window before, and not in this one",
            Windows.EACH,
            "SURVEY_SILENCE",
        ),
    ),
)
