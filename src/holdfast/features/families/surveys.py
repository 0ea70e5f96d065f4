"""Surveys: NPS, CSAT and CES answers (each on its own scale), and whether the customer still answers."""

from holdfast.features.family import (
    ALL,
    BOTH,
    EACH,
    HIGHER,
    LOWER,
    Cause,
    Claim,
    Family,
    Feature,
    Figure,
    Reason,
)
from holdfast.features.measures import AGE, ALL_HISTORY, select

LAST = "surveys__days_since"
DETRACTOR = 6  # an NPS answer up to 6 is a reason, whatever the customer answered before

answers = select("nps", "csat_survey", "ces")
stopped = (answers.count().previous_window() > 0) * (1 - (answers.count() > 0))
nps, csat, ces = (select(kind) for kind in ("nps", "csat_survey", "ces"))
nps_change, csat_change, ces_change = (
    survey.last("score") - survey.mean("score").over_window(ALL_HISTORY) for survey in (nps, csat, ces)
)

SURVEYS = Family(
    name="surveys",
    stream="surveys",
    reasons=(
        Reason("LOW_SURVEY_SCORE", cause=Cause.SERVICE, general=Claim("surveys__nps_mean", last=LAST),
               figures=(Figure("nps", Claim("surveys__nps_last", at_most=DETRACTOR, last=LAST)),
                        Figure("nps", Claim("surveys__nps_last", than="surveys__nps_mean", last=LAST)),
                        Figure("score", Claim("surveys__csat_last", than="surveys__csat_mean", last=LAST)),
                        Figure("score", Claim("surveys__ces_last", than="surveys__ces_mean", last=LAST)))),
        Reason("SURVEY_SILENCE", absent=("nps", "csat_survey", "ces"), general=Claim("surveys__days_since"),
               figures=(Figure("survey_days", Claim("surveys__silence", above=0, longest=90),
                               states=("surveys__days_since",)),)),
    ),
    features=(
        Feature("nps_last", nps.last("score"), "0 to 10", "the last NPS answer", ALL, LOWER),
        Feature("nps_mean", nps.mean("score"), "0 to 10", "NPS answers", BOTH, LOWER),
        Feature("nps_lowest", nps.min("score"), "0 to 10", "the lowest NPS answer", ALL, LOWER),
        Feature("nps_change", nps_change, "-10 to 10", "the last NPS answer minus the mean", ALL, LOWER),
        Feature("csat_last", csat.last("score"), "score", "the last CSAT answer", ALL, LOWER),
        Feature("csat_mean", csat.mean("score"), "score", "CSAT answers", ALL, LOWER),
        Feature("csat_lowest", csat.min("score"), "score", "the lowest CSAT answer", ALL, LOWER),
        Feature("csat_change", csat_change, "score", "the last CSAT answer minus the mean", ALL, LOWER),
        Feature("ces_last", ces.last("score"), "score", "the last CES answer", ALL, LOWER),
        Feature("ces_mean", ces.mean("score"), "score", "CES answers", ALL, LOWER),
        Feature("ces_lowest", ces.min("score"), "score", "the lowest CES answer", ALL, LOWER),
        Feature("ces_change", ces_change, "score", "the last CES answer minus the mean", ALL, LOWER),
        Feature("answers", answers.count(), "answers", "answers given", BOTH, LOWER, "SURVEY_SILENCE"),
        Feature("days_since", answers.min(AGE), "days", "since the last answer", ALL, HIGHER,
                "SURVEY_SILENCE"),
        Feature("silence", stopped, "0 or 1", "answered in the window before, and not in this one", EACH,
                HIGHER, "SURVEY_SILENCE"),
    ),
)  # fmt: skip
