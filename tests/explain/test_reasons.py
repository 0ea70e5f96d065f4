"""Reasons: contributions of columns added up to what a person knows, in words with figures."""

import re

import numpy as np
import pyarrow as pa
import pytest

from holdfast.explain.figures import Statements
from holdfast.explain.peers import PeerGroups, build_peer_groups
from holdfast.explain.reasons import state_reasons
from holdfast.explain.settings import ExplainSettings
from holdfast.explain.texts import ReasonTexts, Texts, check_texts, placeholders
from holdfast.features.expressions import Constant
from holdfast.features.family import LOWER, Cause, Claim, Family, Feature, Figure, Reason

NOBODY = PeerGroups((), np.empty(0), np.empty(0), {})
CODES = ("HABIT", "LONG_SILENCE", "PROFILE", "SPEND_DOWN")
PLAIN = Texts({code: [code.lower()] for code in CODES})
NEUTRAL = tuple(Reason(code, neutral=True, background=code in ("HABIT", "PROFILE")) for code in CODES)


def family(*reasons: Reason) -> Family:
    """A family with a feature that is riskier below, and with reasons in place of the neutral ones."""
    every = {reason.code: reason for reason in (*NEUTRAL, *reasons)}
    features = (Feature("sum", Constant(0), "-", "-", riskier=LOWER), Feature("days", Constant(0), "-", "-"))
    return Family("f", "transactions", tuple(every.values()), features)


def groups_of(**median: float) -> PeerGroups:
    """Customers who stayed, all alike."""
    table = pa.table({name: [value] * 3 for name, value in median.items()})
    return build_peer_groups(table, table.column_names)


def codes_of(*contributions: float, most: int = 3) -> list[str]:
    statements = Statements([], [family()])
    (reasons,) = state_reasons(CODES, np.array([contributions]), [{}], NOBODY, PLAIN, statements, most)
    return [reason.code for reason in reasons]


# --- which reasons -------------------------------------------------------------------------------------


def test_the_strongest_comes_first() -> None:
    assert codes_of(0, 0.2, 0, 0.7) == ["SPEND_DOWN", "LONG_SILENCE"]


def test_what_adds_next_to_nothing_is_no_reason() -> None:
    assert codes_of(0, 0.07, 0, 0.7) == ["SPEND_DOWN"]
    assert codes_of(5.0, 0.1, 0, 0) == ["HABIT"]  # rather the general reason than a wrong particular one


def test_without_a_true_reason_the_strongest_general_one_is_stated() -> None:
    untrue = (Reason("SPEND_DOWN", general=Claim("f__sum")),)
    for profile, code in ((0.9, "PROFILE"), (0.3, "HABIT")):  # SPEND_DOWN adds 0.5, and is not true
        (reasons,) = state_reasons(
            CODES, np.array([[0.1, 0, profile, 0.5]]), [{}], NOBODY, PLAIN, Statements([], [family(*untrue)])
        )
        assert [reason.code for reason in reasons] == [code]


def test_what_a_customer_is_like_comes_after_what_changed() -> None:
    traits = (Reason("LONG_SILENCE", neutral=True), Reason("SPEND_DOWN", neutral=True, trait=True))
    (reasons,) = state_reasons(
        CODES, np.array([[0, 0.3, 0, 0.7]]), [{}], NOBODY, PLAIN, Statements([], [family(*traits)])
    )
    assert [reason.code for reason in reasons] == ["LONG_SILENCE", "SPEND_DOWN"]


def test_a_further_reason_must_add_more_than_the_first() -> None:
    settings = ExplainSettings(material_share=0.05, further_share=0.15)
    for contribution, codes in ((0.1, ["SPEND_DOWN"]), (0.2, ["SPEND_DOWN", "LONG_SILENCE"])):
        added = np.array([[0, contribution, 0, 1 - contribution]])
        statements = Statements([], [family()], settings)
        (reasons,) = state_reasons(CODES, added, [{}], NOBODY, PLAIN, statements)
        assert [reason.code for reason in reasons] == codes
    (general,) = state_reasons(
        CODES, np.array([[0.93, 0.07, 0, 0]]), [{}], NOBODY, PLAIN, Statements([], [family()], settings)
    )
    assert [reason.code for reason in general] == ["LONG_SILENCE"], "a weak first reason is still material"


def test_causes_are_ranked_by_the_sum_of_their_reasons() -> None:
    less = Reason("LONG_SILENCE", neutral=True, cause=Cause.LESS)
    service = tuple(Reason(code, neutral=True, cause=Cause.SERVICE) for code in ("MANY_TICKETS", "TONE"))
    price = Reason("PRICE_UP", neutral=True, cause=Cause.PRICE)
    codes = ("LONG_SILENCE", "MANY_TICKETS", "PRICE_UP", "TONE")

    def ranked(*contributions: float, **settings: float) -> list[str]:
        statements = Statements([], [family(less, *service, price)], ExplainSettings(**settings))
        texts = Texts({code: [code] for code in codes})
        (reasons,) = state_reasons(codes, np.array([contributions]), [{}], NOBODY, texts, statements)
        return [reason.code for reason in reasons]

    # one of each cause, then the strongest other one
    assert ranked(0.5, 0.4, 0.3, 0.35) == ["MANY_TICKETS", "LONG_SILENCE", "PRICE_UP"]
    assert ranked(0.5, 0.4, 0.0, 0.35) == ["MANY_TICKETS", "LONG_SILENCE", "TONE"]
    # the cause of a silence comes before the silence, unless it adds much less
    assert ranked(0.5, 0.0, 0.41, 0.0) == ["PRICE_UP", "LONG_SILENCE"]
    assert ranked(0.5, 0.0, 0.39, 0.0) == ["LONG_SILENCE", "PRICE_UP"]
    assert ranked(0.5, 0.0, 0.39, 0.0, symptom_weight=0.5) == ["PRICE_UP", "LONG_SILENCE"]
    # what speaks against a cause is taken off
    assert ranked(0.5, 0.6, 0.0, -0.4) == ["LONG_SILENCE", "MANY_TICKETS"]
    # a reason that adds next to nothing does not stand for its cause
    assert ranked(0.1, 0.0, 0.9, 0.0, material_share=0.2) == ["PRICE_UP"]


def test_the_reason_in_its_place() -> None:
    judged = family(Reason("SPEND_DOWN", general=Claim("f__sum"), otherwise="LONG_SILENCE"))
    statements = Statements(["f__sum__all"], [judged])
    rows = [{"f__sum__all": 30.0}, {"f__sum__all": 1.0}]
    reasons = state_reasons(
        CODES, np.array([[0.0, 0.2, 0.0, 0.7]] * 2), rows, groups_of(f__sum__all=20.0), PLAIN, statements
    )
    assert [[(one.code, one.contribution) for one in row] for row in reasons] == [
        [("LONG_SILENCE", 0.7)],  # once, where both lead to it
        [("SPEND_DOWN", 0.7), ("LONG_SILENCE", 0.2)],
    ]


def test_what_lowers_the_risk_is_no_reason() -> None:
    assert codes_of(0, -0.2, 0, 0.7) == ["SPEND_DOWN"]
    assert codes_of(-1, -1, -1, -1) == []
    assert codes_of(0, 0, 0, 0) == []


def test_background_is_stated_only_where_nothing_else_is() -> None:
    assert codes_of(5.0, 2.1, 4.0, -1) == ["LONG_SILENCE"]
    assert codes_of(5.0, -0.1, 6.0, -1) == ["PROFILE"]


def test_no_more_than_asked_for() -> None:
    assert codes_of(0, 0.2, 0, 0.7, most=1) == ["SPEND_DOWN"]


def test_equal_reasons_come_in_the_order_of_their_codes_despite_rounding() -> None:
    assert codes_of(0, 0.5, 0, 0.5) == ["LONG_SILENCE", "SPEND_DOWN"]
    assert codes_of(0, 0.5, 0, 0.5 + 1e-12) == ["LONG_SILENCE", "SPEND_DOWN"]


def test_a_reason_carries_what_it_adds() -> None:
    statements = Statements([], [family()])
    ((reason,),) = state_reasons(("SPEND_DOWN",), np.array([[0.75]]), [{}], NOBODY, PLAIN, statements)
    assert reason == ("SPEND_DOWN", 0.75, "spend_down")


def test_a_level_is_stated_only_where_its_customers_churned_more_often() -> None:
    judged = family(Reason("PROFILE", levels="profile", background=True))
    statements = Statements(["profile__country__all"], [judged])
    assert statements.columns == ["profile__country__all"]
    groups = PeerGroups((), np.empty(0), np.empty(0), {}, {"profile__country__all": ["GR"]})
    rows = [{"profile__country__all": level} for level in ("GR", "LT", np.nan)]
    added = np.array([[0.1, 0, 0.9, 0]] * 3)
    reasons = state_reasons(CODES, added, rows, groups, PLAIN, statements)
    assert [[reason.code for reason in row] for row in reasons] == [["PROFILE"], ["HABIT"], ["HABIT"]]


# --- in which words ------------------------------------------------------------------------------------


def test_the_first_text_whose_figures_are_given_is_used() -> None:
    texts = Texts({"A": ["{x} of {y}", "{x}", "plain"]})
    assert texts.choose("A", {"x": "1", "y": "2"}) == "1 of 2"
    assert texts.choose("A", {"x": "1"}) == "1"
    assert texts.choose("A", {}) == "plain"
    assert texts.choose("A", {}, general=False) is None
    assert Texts({"A": ["{x}"]}).choose("A", {}) is None


def test_a_reason_without_text_is_named_by_its_code() -> None:
    assert Texts({}).choose("NEW_CODE", {}) == "NEW_CODE"


def test_a_text_is_stated_only_where_it_is_true() -> None:
    judged = family(
        Reason("LONG_SILENCE", figures=(Figure("days", Claim("f__days", above=5)),)),
        Reason("SPEND_DOWN", general=Claim("f__sum")),
    )
    texts = Texts(
        {"HABIT": ["habit"], "LONG_SILENCE": ["{days} days", "silent"], "SPEND_DOWN": ["spends less"]}
    )
    rows = [
        {"f__sum__all": 1.0, "f__days__all": 9.0},
        {"f__sum__all": 1.0, "f__days__all": 2.0},
        {"f__sum__all": 30.0, "f__days__all": 9.0},
        {"f__sum__all": np.nan, "f__days__all": np.nan},
    ]
    reasons = state_reasons(
        CODES, np.array([[0.0, 0.5, 0.0, 0.7]] * 4), rows, groups_of(f__sum__all=20.0), texts,
        Statements(rows[0], [judged]),
    )  # fmt: skip
    assert [[reason.text for reason in row] for row in reasons] == [
        ["spends less", "9 days"],
        ["spends less"],
        ["9 days"],
        ["habit"],  # columns raise the risk, but nothing of theirs can be said
    ]


def test_placeholders() -> None:
    assert placeholders("{x} of {y}, {x}") == {"x", "y"}
    assert placeholders("none") == set()


@pytest.mark.parametrize(
    ("texts", "hint"),
    [
        ({"SPEND_DWN": ["less"]}, "there is no reason 'SPEND_DWN' (did you mean 'SPEND_DOWN'?)"),
        ({"SPEND_DOWN": ["{spend_now}"]}, "SPEND_DOWN has no figure '{spend_now}' (did you mean 'spend'?)"),
    ],
)
def test_a_text_that_asks_for_what_does_not_exist_is_refused(texts: ReasonTexts, hint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(hint)):
        check_texts(texts, "en")
