"""Reasons: contributions of columns added up to what a person knows, in words with figures."""

import re
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from holdfast.explain.figures import COMPARED, figures, untrue
from holdfast.explain.reasons import BACKGROUND, group, phrase, tell
from holdfast.features.families import FAMILIES
from holdfast.text.model import REASONS

REASON_FILES = Path(__file__).parents[2] / "conf" / "outreach" / "reasons"
TEXTS: Any = OmegaConf.to_container(OmegaConf.load(REASON_FILES / "en.yaml"))
CODES = ("HABIT", "LONG_SILENCE", "PROFILE", "SPEND_DOWN")
PLAIN = {code: [code.lower()] for code in CODES}


def codes_of(*contributions: float, most: int = 3) -> list[str]:
    (reasons,) = tell(CODES, np.array([contributions]), [{}], PLAIN, most=most)
    return [reason.code for reason in reasons]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


# --- which reasons -------------------------------------------------------------------------------------


def test_columns_of_one_reason_are_added_up_and_the_base_is_none() -> None:
    contributions = np.array([[0.1, 0.2, 0.4, 9.0], [1.0, -2.0, 4.0, 9.0]])
    names, added = group(contributions, ["SPEND_DOWN", "HABIT", "SPEND_DOWN"])
    assert names == ("HABIT", "SPEND_DOWN")
    np.testing.assert_allclose(added, [[0.2, 0.5], [-2.0, 5.0]])


def test_the_strongest_comes_first() -> None:
    assert codes_of(0, 0.2, 0, 0.7) == ["SPEND_DOWN", "LONG_SILENCE"]


def test_what_lowers_the_risk_is_no_reason() -> None:
    assert codes_of(0, -0.2, 0, 0.7) == ["SPEND_DOWN"]
    assert codes_of(-1, -1, -1, -1) == []
    assert codes_of(0, 0, 0, 0) == []


def test_background_is_told_only_where_nothing_else_speaks() -> None:
    assert codes_of(5.0, 0.1, 4.0, -1) == ["LONG_SILENCE"]
    assert codes_of(5.0, -0.1, 6.0, -1) == ["PROFILE"]


def test_no_more_than_asked_for() -> None:
    assert codes_of(0, 0.2, 0, 0.7, most=1) == ["SPEND_DOWN"]


def test_equal_reasons_come_in_the_order_of_their_codes_despite_rounding() -> None:
    assert codes_of(0, 0.5, 0, 0.5) == ["LONG_SILENCE", "SPEND_DOWN"]
    assert codes_of(0, 0.5, 0, 0.5 + 1e-12) == ["LONG_SILENCE", "SPEND_DOWN"]


def test_a_reason_carries_what_it_adds() -> None:
    ((reason,),) = tell(("SPEND_DOWN",), np.array([[0.75]]), [{}], PLAIN)
    assert reason == ("SPEND_DOWN", 0.75, "spend_down")


# --- in which words ------------------------------------------------------------------------------------


def test_the_first_text_whose_figures_are_known_is_used() -> None:
    texts = {"A": ["{x} of {y}", "{x}", "plain"]}
    assert phrase("A", {"x": "1", "y": "2"}, texts) == "1 of 2"
    assert phrase("A", {"x": "1"}, texts) == "1"
    assert phrase("A", {}, texts) == "plain"


def test_a_reason_without_text_is_told_by_its_code() -> None:
    assert phrase("NEW_CODE", {}, {}) == "NEW_CODE"


def test_a_text_without_figures_is_told_only_where_it_is_true() -> None:
    texts = {"HABIT": ["habit"], "LONG_SILENCE": ["{x} days", "silent"], "SPEND_DOWN": ["spends less"]}
    added = np.array([[0.0, 0.5, 0.0, 0.7]] * 3)
    told = tell(CODES, added, [{}, {"x": "9"}, {}], texts, untrue=[{"SPEND_DOWN"}, {*CODES}, {*CODES}])
    assert [[reason.text for reason in row] for row in told] == [["silent"], ["9 days"], ["habit"]]


def test_what_a_text_says_is_held_against_the_typical_customer() -> None:
    typical = {"spend__order_value__all": 30.0, "gaps__mean__all": 20.0}
    small_and_slow = {"spend__order_value__all": 20.0, "gaps__mean__all": 40.0}
    large_and_fast = {"spend__order_value__all": 90.0, "gaps__mean__all": 8.0}
    assert not {"SMALLER_ORDERS", "LONGER_GAPS"} & untrue(small_and_slow, typical)
    assert {"SMALLER_ORDERS", "LONGER_GAPS", "MORE_REFUNDS"} <= untrue(large_and_fast, typical)


# --- the texts that come with Holdfast -----------------------------------------------------------------


def test_every_reason_of_every_feature_has_a_text() -> None:
    used = {feature.reason or family.reason for family in FAMILIES for feature in family.features}
    used |= {family.reason for family in FAMILIES}
    assert used | set(BACKGROUND) <= set(TEXTS)


def test_what_is_compared_is_a_feature_and_a_reason() -> None:
    names = {f"{family.name}__{feature.name}__all" for family in FAMILIES for feature in family.features}
    names |= {f"text__{measure}__180d" for measure in REASONS}
    assert {column for column, _ in COMPARED.values()} <= names
    assert set(COMPARED) <= set(TEXTS)


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_texts_ask_only_for_figures_that_exist_and_the_last_for_none(code: str) -> None:
    every = figures(EVERYTHING, (30, 60, 90))
    assert set().union(*map(placeholders, TEXTS[code])) <= set(every)
    assert placeholders(TEXTS[code][-1]) == set()
    for text in TEXTS[code]:
        assert "{" not in text.format(**every)


@pytest.mark.parametrize("language", ["el", "fa", "lt"])
def test_every_language_has_every_text_with_the_same_figures(language: str) -> None:
    texts: Any = OmegaConf.to_container(OmegaConf.load(REASON_FILES / f"{language}.yaml"))
    assert list(texts) == list(TEXTS)
    assert {code: [placeholders(text) for text in several] for code, several in texts.items()} == {
        code: [placeholders(text) for text in several] for code, several in TEXTS.items()
    }
    same = [text for code in texts for text in texts[code] if text in TEXTS[code]]
    assert same == [], "still in English"


@pytest.mark.parametrize("language", ["el", "fa", "lt"])
def test_no_text_needs_another_form_for_another_number(language: str) -> None:
    """A count stands after a colon, or before what does not change: an abbreviation, a Persian noun."""
    texts: Any = OmegaConf.to_container(OmegaConf.load(REASON_FILES / f"{language}.yaml"))
    unchanging = {
        "el": r"ημέρες|%|$|[·,:)]| στα 10| στην τελευταία| προηγούμενες",
        "fa": r" (?:روز|ساعت|درصد|از 10|داده|می‌دهد|است)|$|[؛،:]",
        "lt": r" (?:d\.|val\.|k\.|%|iš 10)|$|[;,:]",
    }[language]
    counted = [text for several in texts.values() for text in several if "{" in text]
    assert counted
    for text in counted:
        for rest in re.findall(r"\{\w+\}([^{]*)", text):
            assert re.match(f"(?:{unchanging})|\\s(?:{unchanging})", rest), text


EVERYTHING = {  # a customer of whom every figure speaks for its reason
    "recency__days__all": 63.0, "recency__tenure__all": 400.0, "gaps__mean__all": 21.0,
    "gaps__last__all": 35.0,
    "orders__count__30d": 1.0, "orders__count__60d": 4.0,
    "spend__sum__30d": 10.0, "spend__sum__60d": 60.0,
    "spend__order_value__30d": 10.0, "spend__order_value__all": 30.0,
    "spend__price_change__30d": 1.2, "spend__discount_share__all": 0.15,
    "variety__products__30d": 2.0, "variety__products__60d": 9.0,
    "refunds__count__30d": 2.0, "tickets__opened__30d": 3.0,
    "tickets__open_now__all": 1.0, "tickets__open_days__all": 12.0,
    "support__answer_last__all": 30.0, "support__answer_mean__all": 8.0,
    "support__resolution_last__all": 96.0,
    "support__resolution_mean__all": 40.0, "satisfaction__last__all": 1.0, "satisfaction__mean__all": 3.0,
    "contacts__count__30d": 4.0, "tickets__silence__60d": 5.0, "subscription__last_step__all": 0.8,
    "surveys__nps_last__all": 3.0, "surveys__nps_mean__all": 5.0, "surveys__days_since__all": 200.0,
    "surveys__silence__90d": 1.0, "surveys__ces_last__all": 2.0, "surveys__ces_mean__all": 4.0,
    "usage__count__30d": 1.0, "usage__count__60d": 9.0, "usage__since_purchase__all": 4.0,
    "text__talks_of_leaving__180d": 1.0, "text__talks_of_price__180d": 2.0,
    "text__talks_of_competitor__180d": 1.0,
    "usage__days_since__all": 20.0, "usage__overdue__all": 3.0, "subscription__since_renewal__all": -14.0,
}  # fmt: skip
