"""What the page tells beside the list: words in each language, histories, waterfalls."""

import re
import typing
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pydantic
import pytest
import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.special import expit
from tests.pages.company import CONF, make_list, page_of, words

from holdfast.explain.attribution import Attribution
from holdfast.explain.explanations import Explanation
from holdfast.explain.peers import PeerGroups
from holdfast.model.calibration import Calibration
from holdfast.outreach.changes import NOT_ELIGIBLE, RETURNED
from holdfast.outreach.page.history import MAX_DATES, MIN_GAP, choose_dates, recall
from holdfast.outreach.page.moved import moved_most
from holdfast.outreach.page.render import render_report
from holdfast.outreach.page.waterfall import (
    DIGITS,
    MAX_STEPS,
    Waterfall,
    build_waterfall,
    take_steps,
)
from holdfast.outreach.page.words import PageWords
from holdfast.outreach.places import Limit
from holdfast.outreach.selection import EXCLUSIONS

LANGUAGES = sorted(path.stem for path in (CONF / "page").glob("*.yaml"))
AS_OF = date(2026, 8, 1)


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_words_for_all_that_a_list_may_hold(language):
    here = words(language)
    reasons = (CONF / "reasons" / "en.yaml").read_text(encoding="utf-8")
    assert set(here.labels) == set(yaml.safe_load(reasons))
    assert set(here.places) == {"listed", "held_out", *EXCLUSIONS}
    assert set(here.limits) == set(typing.get_args(Limit))
    assert set(here.tiers) == {"high", "medium", "low"}
    assert set(here.statuses) == {"new", "worse", "better", "still"}
    assert {RETURNED, NOT_ELIGIBLE} <= set(here.left_table)
    for named in (here.labels, here.places, here.limits, here.columns):
        assert len(set(named.values())) == len(named), "two of them could not be told apart"


def test_every_language_of_the_reasons_has_a_page():
    assert {path.stem for path in (CONF / "reasons").glob("*.yaml")} <= set(LANGUAGES)
    assert {"en", "el", "lt", "fa"} <= set(LANGUAGES)


SCRIPTS = {"el": "[Α-Ωα-ωά-ώ]", "lt": "[ąčęėįšųūž]", "fa": "[ء-ی]"}


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_a_translated_page_has_no_english_left(language, script):
    def texts(given: PageWords) -> dict[str, str]:
        flat = pd.json_normalize(given.model_dump()).iloc[0].to_dict()
        told = {str(name): text for name, text in flat.items() if isinstance(text, str) and name != "percent"}
        return {name: text for name, text in told.items() if len(text) > 7}

    english, here = texts(words("en")), texts(words(language))
    assert [name for name, text in here.items() if text == english.get(name)] == []
    share = sum(bool(re.search(script, text)) for text in here.values()) / len(here)
    assert share > (0.6 if language == "lt" else 0.95)


@pytest.mark.parametrize(("shown", "problem"), [("{shown} of", "blanks"), ("{shown} {count} {x}", "blanks")])
def test_a_sentence_with_other_blanks_is_refused(shown, problem):
    with pytest.raises(pydantic.ValidationError, match=problem):
        PageWords.model_validate({**words().model_dump(), "shown": shown})


def test_numbers_are_written_as_the_language_does():
    assert words("en").number(1234567.891, 2) == "1,234,567.89"
    assert words("el").number(-1234.5, 1) == "\N{MINUS SIGN}1.234,5"
    assert words("lt").number(12345) == "12\N{NO-BREAK SPACE}345"
    assert [words("lt").share(p) for p in (0.004, 0.5, 0.999)] == [
        f"{number}\N{NO-BREAK SPACE}%" for number in ("< 1", "50", "> 99")
    ]


def test_persian_runs_from_right_to_left_and_dates_do_not():
    at_risk = make_list(3)
    html = render_report(at_risk, page_of(at_risk, "fa"), "run-1")
    assert '<html lang="fa" dir="rtl">' in html
    assert "\u20682026-08-01\u2069" in html
    english = render_report(at_risk, page_of(at_risk, "en"), "run-1")
    assert "\u2068" not in english.replace("\\u2068", "")


def test_the_same_list_gives_the_same_page_and_ten_thousand_customers_fit_into_ten_megabytes():
    at_risk = make_list(10_000)
    first, second = (render_report(at_risk, page_of(at_risk), "run-1").encode() for _ in range(2))
    assert first == second
    assert len(first) < 10_000_000


# --- history ------------------------------------------------------------------------------------


def test_of_nightly_runs_one_a_week_is_shown():
    nights = [AS_OF - timedelta(days=days) for days in range(1, 200)]
    chosen = choose_dates(nights, AS_OF)
    assert len(chosen) == MAX_DATES
    assert {later - earlier for earlier, later in zip(chosen, [*chosen[1:], AS_OF], strict=True)} == {MIN_GAP}


@given(st.sets(st.dates(date(2025, 1, 1), date(2027, 1, 1)), max_size=40))
def test_chosen_dates_are_earlier_apart_and_in_order(dates):
    chosen = choose_dates(dates, AS_OF)
    assert chosen == sorted(chosen)
    assert set(chosen) <= {day for day in dates if AS_OF - day >= MIN_GAP}
    assert all(later - earlier >= MIN_GAP for earlier, later in pairwise(chosen))
    assert bool(chosen) == any(AS_OF - day >= MIN_GAP for day in dates)


def test_the_history_is_of_the_listed_in_their_order():
    scored = [
        (date(2026, 6, 1), "old", pd.DataFrame({"customer_id": ["a", "z"], "churn_probability": [0.1, 0.9]})),
        (date(2026, 7, 1), "new", pd.DataFrame({"customer_id": ["b", "a"], "churn_probability": [0.2, 0.3]})),
    ]
    history = recall(pd.Series(["b", "a"]), scored, "new")
    assert history.dates == (date(2026, 6, 1), date(2026, 7, 1))
    assert history.same_model == (False, True)
    np.testing.assert_array_equal(history.probabilities, [[np.nan, 0.1], [0.2, 0.3]])
    assert recall(pd.Series(["b"]), [], "new").probabilities.shape == (0, 1)


# --- waterfall ----------------------------------------------------------------------------------


def test_the_largest_steps_come_first_and_lead_to_the_probability():
    added = np.array([[0.5, -2.0, 0.0, 1.0]])
    waterfall = Waterfall(("a",), np.array([-1.0]), ("A", "B", "C", "D"), added)
    steps = take_steps(waterfall, pd.Series(["a"]))[0]
    expected = [expit(-1.0), 1, expit(-3.0), 3, expit(-2.0), 0, expit(-1.5)]
    assert steps == pytest.approx(expected, abs=10**-DIGITS)


@given(arrays.arrays(np.float64, (3, 9), elements=st.floats(-3, 3)), st.floats(-3, 3))
def test_steps_are_few_and_what_is_left_is_the_rest(added, start):
    codes = tuple("ABCDEFGHI")
    waterfall = Waterfall(("a", "b", "c"), np.full(3, start), codes, added)
    for row, steps in enumerate(take_steps(waterfall, pd.Series(["a", "b", "c"]))):
        told = [int(code) for code in steps[1::2]]
        assert len(told) == len(set(told)) <= MAX_STEPS
        left = [abs(size) for place, size in enumerate(added[row]) if place not in told]
        assert not told or max(left, default=0) <= min(abs(added[row][place]) for place in told) + 1e-9
        assert steps[-1 if told else 0] == pytest.approx(expit(start + added[row][told].sum()), abs=2e-4)


@given(
    arrays.arrays(np.float64, (4, 6), elements=st.floats(-2, 2)),
    st.floats(0.1, 3),
    st.floats(-2, 2),
)
def test_start_and_all_contributions_make_the_calibrated_probability(contributions, slope, offset):
    explanation = Explanation(np.zeros((4, 5)), contributions, contributions.sum(axis=1))  # type: ignore[arg-type]
    calibration = Calibration(slope, offset)
    columns = tuple(f"profile__{name}__all" for name in "abcde")
    nobody = PeerGroups((), np.empty(0), np.empty(0), {})
    attribution = Attribution(columns, ("X", "Y", "X", "Z", "Y"), nobody)
    waterfall = build_waterfall("abcd", explanation, attribution, calibration)
    assert waterfall.codes == ("HABIT", "X", "Y", "Z")
    reached = expit(waterfall.start + waterfall.added.sum(axis=1))
    np.testing.assert_allclose(reached, calibration.apply(explanation.margin), atol=1e-12)


# --- which reason moved ----------------------------------------------------------------------------


def risk(**customers):
    """A waterfall with what SILENCE and TICKETS add, by customer."""
    added = np.array(list(customers.values()), dtype=np.float64)
    return Waterfall(tuple(customers), np.zeros(len(customers)), ("SILENCE", "TICKETS"), added)


def test_the_reason_that_moved_most_in_the_direction_of_the_risk():
    now = risk(a=(2.0, 0.5), b=(0.0, 0.4), c=(1.0, 1.0), new=(1.0, 1.0))
    then = risk(a=(1.8, -0.5), b=(1.0, 0.0), c=(1.0, 1.0), gone=(1.0, 1.0))
    rose = pd.Series({"a": True, "b": False, "c": True, "new": True})
    moved = moved_most(now, then, rose)
    assert moved.fillna("").to_dict() == {"a": "TICKETS", "b": "SILENCE", "c": "", "new": ""}
    assert moved_most(now, then, pd.Series({"b": True}))["b"] == "TICKETS"
    assert moved_most(now, then, rose[:0]).empty
