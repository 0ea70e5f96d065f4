"""Figures are told only where they speak for their reason, and read as people write them."""

import math

import pytest

from holdfast.explain.figures import figures, written

WINDOWS = (7, 30, 60, 90)


def told(**row: float) -> dict[str, str]:
    return figures(row, WINDOWS)


def test_nothing_known_tells_nothing() -> None:
    assert told() == {}
    assert told(recency__days__all=math.nan, spend__discount_share__all=math.nan) == {}


def test_a_silence_beyond_the_usual_gap() -> None:
    assert told(recency__days__all=63, gaps__mean__all=21.4) == {"silence": "63", "usual_gap": "21"}


@pytest.mark.parametrize("silence", [3, 21.4, 21.45])
def test_a_usual_silence_is_no_reason(silence: float) -> None:
    assert "silence" not in told(recency__days__all=silence, gaps__mean__all=21.4)


def test_a_silence_without_a_rhythm_to_hold_it_against() -> None:
    assert told(recency__days__all=63) == {"silence": "63"}


def test_a_last_gap_longer_than_usual() -> None:
    assert told(gaps__last__all=40, gaps__mean__all=20) == {"last_gap": "40", "usual_gap": "20"}
    assert "last_gap" not in told(gaps__last__all=20, gaps__mean__all=40)


def test_a_long_last_gap_does_not_make_a_short_silence_speak() -> None:
    assert "silence" not in told(recency__days__all=2, gaps__last__all=40, gaps__mean__all=20)


def test_the_longest_window_that_fell_behind() -> None:
    row = {"orders__count__30d": 1.0, "orders__count__60d": 4.0, "orders__count__90d": 4.0}
    expected = {"orders_now": "1", "orders_before": "3", "orders_days": "30"}
    assert {
        name: value for name, value in told(**row).items() if not name.startswith("orders_recent")
    } == expected


@pytest.mark.parametrize(("now", "both"), [(2.0, 4.0), (3.0, 4.0), (0.0, 0.0), (100.02, 200.1)])
def test_what_did_not_fall_behind_is_not_told(now: float, both: float) -> None:
    # 100.02 against 100.08: a difference that nobody would read
    assert "spend_now" not in told(spend__sum__30d=now, spend__sum__60d=both)


def test_counts_come_from_the_shortest_window_of_a_month() -> None:
    assert told(tickets__opened__7d=1, tickets__opened__30d=2, tickets__opened__60d=5) == {
        "tickets": "2",
        "tickets_days": "30",
    }


def test_no_count_of_nothing() -> None:
    assert told(refunds__count__30d=0, refunds__count__60d=0) == {}


def test_smaller_orders_than_over_all() -> None:
    assert told(spend__order_value__30d=12.5, spend__order_value__all=20) == {
        "value_now": "12",
        "value_usual": "20",
    }
    assert told(spend__order_value__30d=25, spend__order_value__all=20) == {}


@pytest.mark.parametrize(("ratio", "text"), [(1.125, "12"), (1.015, "1.5"), (1.005, None), (0.8, None)])
def test_only_rises_of_the_price(ratio: float, text: str | None) -> None:
    assert told(spend__price_change__30d=ratio).get("price_rise") == text


def test_open_tickets_and_how_long() -> None:
    assert told(tickets__open_now__all=2, tickets__open_days__all=12.2) == {
        "open_tickets": "2",
        "open_days": "12",
    }
    assert told(tickets__open_now__all=0, tickets__open_days__all=math.nan) == {}


def test_answers_no_faster_than_usual() -> None:
    assert told(support__answer_last__all=30, support__answer_mean__all=30) == {"answer_hours": "30"}
    assert told(support__answer_last__all=2, support__answer_mean__all=30) == {}
    assert told(support__resolution_last__all=60, support__resolution_mean__all=50) == {
        "resolution_days": "2.5"
    }


def test_ratings_no_better_than_usual() -> None:
    assert told(satisfaction__last__all=2, satisfaction__mean__all=3.5) == {"rating": "2"}
    assert told(satisfaction__last__all=5, satisfaction__mean__all=3.5) == {}


def test_a_renewal_ahead_and_none_that_is_past() -> None:
    assert told(subscription__since_renewal__all=-14) == {"renewal_days": "14"}
    assert told(subscription__since_renewal__all=14) == {}


def test_a_smaller_plan_and_no_larger_one() -> None:
    assert told(subscription__last_step__all=0.8) == {"plan_cut": "20"}
    assert told(subscription__last_step__all=0.995) == told(subscription__last_step__all=1.5) == {}


def test_tickets_that_stopped_over_the_longest_window() -> None:
    row = {"tickets__silence__30d": 2.0, "tickets__silence__60d": 5.0, "tickets__silence__90d": 0.0}
    assert told(**row) == {"tickets_before": "5", "quiet_days": "60"}
    assert told(tickets__silence__7d=5.0) == {}


@pytest.mark.parametrize(
    ("last", "mean", "text"), [(6, 6, "6"), (7, 7, None), (7, 8.5, "7"), (9, 8, None), (2, 1, "2")]
)
def test_survey_answers_that_warn(last: float, mean: float, text: str | None) -> None:
    assert told(surveys__nps_last__all=last, surveys__nps_mean__all=mean).get("nps") == text


def test_no_answer_is_told_of_those_who_answered_before() -> None:
    assert told(surveys__days_since__all=100, surveys__silence__90d=1) == {"survey_days": "100"}
    assert told(surveys__days_since__all=40, surveys__silence__30d=1, surveys__silence__90d=0) == {}


def test_other_surveys_are_held_against_the_customers_own_answers() -> None:
    lower = told(surveys__csat_last__all=2, surveys__csat_mean__all=4)
    assert lower == {"survey_score": "2", "survey_usual": "4"}
    assert told(surveys__ces_last__all=4, surveys__ces_mean__all=2) == {}


def test_use_without_buying_and_no_use() -> None:
    assert told(usage__since_purchase__all=4) == {"used_days": "4"}
    assert told(usage__since_purchase__all=1) == {}
    assert told(usage__days_since__all=20, usage__overdue__all=2) == {"unused_days": "20"}
    assert told(usage__days_since__all=20, usage__overdue__all=0.5) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (3, "3"), (3.04, "3"), (3.14, "3.1"), (9.96, "10"), (10.4, "10"), (1234.5, "1,234"),
        (-2.5, "-2.5"), (-0.01, "0"),
    ],
)  # fmt: skip
def test_figures_as_people_write_them(value: float, text: str) -> None:
    assert written(value) == text
