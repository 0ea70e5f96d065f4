"""The page: the sentence that matters, for each verdict; complete, in one file, and without customers."""

import datetime as dt
import re

import pandas as pd
import pytest
from tests.outcomes.tables import arms, people

from holdfast.outcomes.measure import measure_outcomes
from holdfast.outcomes.randomized import RandomizedList
from holdfast.outcomes.settings import OutcomesSettings
from holdfast.reports.outcome_words import headline, money, power_in_words
from holdfast.reports.outcomes import render_outcomes_page


def content_of(followed, **changes):
    settings = OutcomesSettings(replicates=60)
    found = measure_outcomes(followed, settings, contact_cost=1.0, seed=1)
    return {
        "list_date": "2026-08-03", "lists": ["2026-08-03"], "outcome_window_ends": ["2026-10-02"],
        "known_until": "2026-10-10", "question": "no purchase in 60 days", "churned_means": "bought nothing",
        "currency": "EUR", "contacts": "a file", "settings": settings.model_dump(), "left_out": [],
        "warnings": [], "experiments": None, **found,
        **changes,
    }  # fmt: skip


def customers(listed_left, held_left):
    """200 listed and 100 held out by three reasons, 90 others."""
    parts = [
        arms(80, listed_left, 40, held_left, reason_1_code="LONG_SILENCE", risk_tier="high"),
        arms(80, listed_left, 40, held_left, reason_1_code="SPEND_DOWN", risk_tier="low"),
        arms(40, listed_left // 2, 20, held_left // 2, reason_1_code=None, risk_tier="low"),
        people((90, {"decision": "over_capacity", "compared": False, "weight": 0.0, "why_not": ""})),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["customer_id"] = "client-" + rows.index.astype(str)
    rows["churn_probability"] = [0.1 + 0.8 * (at % 9) / 9 for at in range(len(rows))]
    return rows.assign(contacted=rows["decision"] == "listed")


HELPED = (
    "Contacting saved between 49% and 68% of the customers on the list. "
    "In money: about 12,000 EUR (9,840 to 14,200)."
)
HARMED = "Contacting did harm: it drove away between "
EARLY = (
    "It is too early to tell whether contacting helped: it may have saved up to 12% of the customers on the "
    "list, or driven away up to 12%."
)


def worked_by_chance():
    """Contacts fall on 42% of the listed and on 41% of the held out; the rates would show a saving."""
    rows = customers(16, 32)
    place = rows.groupby("decision").cumcount()
    share = rows["decision"].map({"listed": 42, "held_out": 41, "over_capacity": 40})
    return rows.assign(contacted=place % 100 < share)


def test_a_list_that_nobody_worked_gives_no_savings():
    rows = worked_by_chance()
    content = content_of(rows)
    assert content["verdict"] == "not worked"
    assert headline(content).startswith(
        "The list was not worked: 42% of the listed and 41% of the control group were contacted"
    )
    assert all(content["effect"][name]["value"] is None for name in ("saved", "value_kept", "spend"))
    assert (content["power"], content["reasons"], content["actions"]) == (None, [], [])
    page = render_outcomes_page(content, rows).decode()
    assert "a difference between them means nothing" in page
    assert not re.search(r"churn reduction|retained value|additional spend| EUR", page)


def test_a_list_that_was_made_afterwards_gives_no_savings():
    followed = customers(16, 32)
    found = measure_outcomes(
        followed, OutcomesSettings(replicates=60), contact_cost=1.0, seed=1, afterwards=True
    )
    content = content_of(followed, **found)
    assert content["verdict"] == "made afterwards"
    assert "nobody could work it in time" in headline(content)
    assert content["effect"]["saved"]["value"] is None


@pytest.mark.parametrize(
    ("published", "gap", "afterwards"),
    [(None, 0, False), ("2026-08-03", 0, False), ("2026-08-05", 0, False), ("2026-08-06", 0, True),
     ("2026-08-12", 7, False), ("2026-11-28", 7, True)],
)  # fmt: skip
def test_when_a_list_was_made_afterwards(published, gap, afterwards):
    day = None if published is None else dt.date.fromisoformat(published)
    made = RandomizedList(dt.date(2026, 8, 3), "m", dt.date(2026, 10, 2), {}, pd.DataFrame(), day)
    assert made.made_afterwards(gap) == afterwards


@pytest.mark.parametrize(
    ("listed_left", "held_left", "expected"), [(16, 32, HELPED), (60, 10, HARMED), (40, 20, EARLY)]
)
def test_the_sentence_that_matters(listed_left, held_left, expected):
    # 16 of 80 and 32 of 40: rates of 20% and 80%, Newcombe 49% to 68%; 60 points of 200 customers worth 100
    assert headline(content_of(customers(listed_left, held_left))).startswith(expected)


def test_how_many_more_it_takes_is_said_while_it_is_too_early():
    (visible, needed) = power_in_words(content_of(customers(40, 20)))
    assert "With 100 held out and 200 listed" in visible
    assert re.search(
        r"To detect a difference of 5 of 100 customers takes .* more lists like this one", needed
    )
    assert len(power_in_words(content_of(customers(16, 32)))) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12_437.0, "12,400"),
        (-3_049.0, "−3,050"),
        (0.4, "0"),
        (-0.2, "0"),
        (87.6, "88"),
        (None, "–"),
    ],
)
def test_money_has_three_digits_that_count(value, text):
    assert money(value) == text


def test_the_page_is_complete_and_names_nobody():
    rows = customers(16, 32)
    content = content_of(rows, warnings=["nothing says who was really contacted"], left_out=["2026-09-07"])
    page = render_outcomes_page(content, rows).decode()
    assert "client-" not in page
    assert not re.search(r"(src|href)=\"(?!data:|../../index.html\")", page)
    assert page.count("<img ") == 3
    assert "holdfast outcomes list_date=2026-08-03 as_of=2026-10-10" in page
    for text in ("long silence", "no reason given", "Nothing says who was really contacted.", "2026-09-07",
                 "control group (held out)", "estimated without outreach", "adjusted p"):  # fmt: skip
        assert text in page
    again = render_outcomes_page(content, rows).decode()
    assert again == page


def test_campaigns_and_actions_are_shown_with_what_may_be_concluded():
    saved = {"value": 0.062, "low": 0.021, "high": 0.103}
    spring = {"campaign": "spring <b>", "first_day": "2026-03-02", "contacted": 1200, "control": 400}
    effect = {"contacted": 420, "control": 400, "cost": None, "adjusted_p": 0.01}
    experiments = {
        "as_of": "2026-08-03",
        "campaigns": [
            {**spring, "saved": saved, "not_by_chance": None},
            {**spring, "campaign": "best first", "saved": None, "not_by_chance": "the groups differed"},
        ],
        "actions": [
            {**effect, "action": "CALL", "saved": 0.06, "low": 0.02, "high": 0.1},
            {**effect, "action": "MAIL", "saved": 0.01, "low": -0.01, "high": 0.03},
        ],
    }
    rows = customers(16, 32)
    page = render_outcomes_page(content_of(rows, experiments=experiments), rows).decode()
    cells = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", page)
    for row in (
        ["spring &lt;b&gt;", "2026-03-02", "1,200", "400", "+6.2", "+2.1 to +10.3", "passed"],
        ["best first", "2026-03-02", "1,200", "400", "–", "–", "failed: the groups differed"],
        ["CALL", "420", "400", "+6.0", "+2.0 to +10.0", "yes"],
        ["MAIL", "420", "400", "+1.0", "−1.0 to +3.0", "no"],
    ):
        at = cells.index(row[0])
        assert cells[at : at + len(row)] == row
    assert "Your own experiments" not in render_outcomes_page(content_of(rows), rows).decode()


def test_without_hold_out_the_page_still_follows_everybody():
    rows = people((30, {"churned": 1.0}), (20, {}), (9, {"decision": "over_capacity"}))
    rows = rows.assign(compared=False, weight=0.0, why_not="no_holdout", contacted=False)
    content = content_of(rows)
    page = render_outcomes_page(content, rows).decode()
    assert "No conclusion about contacting" in page
    assert "listed" in page
    assert "Set outreach.holdout_share" in page
