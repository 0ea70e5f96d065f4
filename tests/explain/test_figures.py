"""Figures are given only where they speak for their reason, and read as people write them."""

import math

import pytest

from holdfast.explain.figures import Statements
from holdfast.explain.peers import Peers
from holdfast.explain.settings import ExplainSettings
from holdfast.explain.texts import Money, Texts
from holdfast.features.reasons import Group, Side


class EverybodyIsBetterOff(Peers):
    """Peers with whom a comparison never keeps a figure back, and that have no figure of their own."""

    def share_better(self, column: str, group: Group, value: float, side: Side) -> float:  # noqa: ARG002
        """All of them."""
        return 1.0


def figures(code: str, **row: float) -> dict[str, str]:
    """The figures of a reason, of a customer of whom only this is known; money in EUR."""
    numbers = Statements(row).figures(code, row, EverybodyIsBetterOff({}))
    return {name: Texts({}, currency="EUR").write(number) for name, number in numbers.items()}


def test_nothing_known_gives_nothing() -> None:
    assert figures("LONG_SILENCE") == {}
    assert figures("LONG_SILENCE", recency__days__all=math.nan) == {}
    assert figures("DISCOUNT_HUNTING", spend__discount_share__all=math.nan) == {}


def test_a_reason_that_no_family_declares_has_no_figures() -> None:
    assert figures("NO_SUCH_REASON", recency__days__all=63) == {}


def test_a_silence_beyond_the_usual_gap() -> None:
    found = figures("LONG_SILENCE", recency__days__all=63, gaps__mean__all=21.4)
    assert found == {"silence": "63", "silence_usual": "21"}


@pytest.mark.parametrize("silence", [3, 21.4, 32])
def test_a_usual_silence_is_no_reason(silence: float) -> None:
    assert figures("LONG_SILENCE", recency__days__all=silence, gaps__mean__all=21.4) == {}


def test_a_silence_is_clearly_longer_than_usual_as_set() -> None:
    row = {"recency__days__all": 40.0, "gaps__mean__all": 21.4}
    for ratio, stated in ((1.5, True), (2.0, False)):
        statements = Statements(row, settings=ExplainSettings(clear_ratio=ratio))
        assert bool(statements.figures("LONG_SILENCE", row, EverybodyIsBetterOff({}))) is stated


def test_old_tickets_ratings_and_rises_are_no_reason() -> None:
    slow = {"support__answer_last__all": 60.0, "support__answer_mean__all": 50.0}
    assert figures("SLOW_SUPPORT", **slow, tickets__days_since__all=90)["answer_hours"] == "60"
    assert figures("SLOW_SUPPORT", **slow, tickets__days_since__all=91) == {}
    rated = {"satisfaction__last__all": 2.0, "satisfaction__mean__all": 3.5}
    assert figures("LOW_SATISFACTION", **rated, satisfaction__days_since__all=91) == {}
    assert figures("PRICE_UP", spend__largest_rise_of_kind__180d=1.2) == {}
    recent = figures("PRICE_UP", spend__largest_rise_of_kind__90d=1.2, gaps__mean__all=200)
    assert recent == {"price_rise": "20", "price_rise_days": "90"}
    two = {"tickets__opened__180d": 2.0, "tickets__opened__90d": 1.0}
    assert figures("MANY_TICKETS", **two) == {}


def test_the_rise_of_a_product_is_stated_only_where_none_of_its_category_is_known() -> None:
    both = {"spend__largest_rise__30d": 1.3, "spend__largest_rise_of_kind__30d": 1.0}
    assert figures("PRICE_UP", **both) == {}


@pytest.mark.parametrize(("mean_price", "stated"), [(1.004, False), (1.012, True), (None, True)])
def test_a_rise_of_one_line_among_many_is_no_reason(mean_price: float | None, stated: bool) -> None:
    """One piece instead of fifty costs more a piece; the mean of all lines hardly moves."""
    row = {"spend__largest_rise__30d": 1.19, "spend__price_index__all": 1.0}
    if mean_price is not None:
        row["spend__price_index__30d"] = mean_price
    assert bool(figures("PRICE_UP", **row)) is stated


def test_a_recent_ticket_is_a_reason_without_a_purchase_since() -> None:
    row = {"tickets__days_since__all": 12.0, "recency__days__all": 40.0, "gaps__mean__all": 20.0}
    said = figures("RECENT_TICKET", **row, tickets__since_order__all=1)
    assert (said["ticket_days"], said["silence"]) == ("12", "40")
    assert "ticket_days" not in figures("RECENT_TICKET", **row, tickets__since_order__all=0)


def test_a_silence_without_a_rhythm_to_compare_it_with() -> None:
    assert figures("LONG_SILENCE", recency__days__all=63) == {"silence": "63"}
    assert figures("LONG_SILENCE", recency__days__all=63, gaps__mean__all=math.nan) == {"silence": "63"}


def test_a_last_gap_longer_than_usual() -> None:
    row = {"gaps__last__all": 40.0, "gaps__mean__all": 20.0}
    assert figures("LONGER_GAPS", **row) == {"gap": "40", "gap_usual": "20"}
    assert figures("LONGER_GAPS", gaps__last__all=20, gaps__mean__all=40) == {}


def test_a_long_last_gap_does_not_make_a_short_silence_speak() -> None:
    assert figures("LONG_SILENCE", recency__days__all=2, gaps__last__all=40, gaps__mean__all=20) == {}


def test_the_longest_window_that_fell_behind() -> None:
    row = {"orders__count__30d": 1.0, "orders__count__60d": 4.0, "orders__count__90d": 4.0}
    expected = {"orders": "1", "orders_before": "3", "orders_days": "30"}
    assert figures("FEWER_ORDERS", **row) == expected


@pytest.mark.parametrize(("now", "both"), [(2.0, 4.0), (3.0, 4.0), (0.0, 0.0), (100.02, 200.1)])
def test_what_did_not_fall_behind_is_not_stated(now: float, both: float) -> None:
    # 100.02 against 100.08: a difference that nobody would read
    assert figures("SPEND_DOWN", spend__sum__30d=now, spend__sum__60d=both) == {}


def test_counts_come_from_the_shortest_window_of_a_month() -> None:
    row = {"tickets__opened__7d": 1.0, "tickets__opened__30d": 2.0, "tickets__opened__60d": 5.0}
    assert figures("MANY_TICKETS", **row) == {"tickets": "2", "tickets_days": "30"}


def test_no_count_of_nothing() -> None:
    assert figures("MORE_REFUNDS", refunds__count__30d=0, refunds__count__60d=0) == {}
    assert figures("MORE_REFUNDS", refunds__count__30d=0, refunds__count__60d=1)["refunds_days"] == "60"


def test_smaller_orders_than_over_all() -> None:
    smaller = figures("SMALLER_ORDERS", spend__order_value__30d=12.5, spend__order_value__all=20)
    assert smaller == {"order_value": "12\xa0EUR", "order_value_days": "30", "order_value_usual": "20\xa0EUR"}
    assert figures("SMALLER_ORDERS", spend__order_value__30d=25, spend__order_value__all=20) == {}


@pytest.mark.parametrize(("ratio", "text"), [(1.125, "12"), (1.015, "1.5"), (1.005, None), (0.8, None)])
def test_only_rises_of_the_price(ratio: float, text: str | None) -> None:
    assert figures("PRICE_UP", spend__largest_rise__30d=ratio).get("price_rise") == text
    assert figures("PRICE_UP", spend__largest_rise_of_kind__90d=ratio).get("price_rise") == text
    assert figures("PRICE_UP", spend__price_change__30d=ratio) == {}  # dearer goods, not dearer prices
    assert figures("PRICE_UP", subscription__value_change__all=ratio).get("plan_rise") == text


def test_open_tickets_and_how_long() -> None:
    some = figures("OPEN_TICKET", tickets__open_now__all=2, tickets__open_days__all=12.2)
    assert some == {"open_tickets": "2", "open_days": "12"}
    assert figures("OPEN_TICKET", tickets__open_now__all=0, tickets__open_days__all=math.nan) == {}


def test_answers_no_faster_than_usual() -> None:
    def hours(last: float, mean: float) -> str | None:
        row = {"support__answer_last__all": last, "support__answer_mean__all": mean}
        return figures("SLOW_SUPPORT", **row).get("answer_hours")

    assert (hours(30, 30), hours(2, 30)) == ("30", None)
    slow = figures("SLOW_SUPPORT", support__resolution_last__all=60, support__resolution_mean__all=50)
    assert slow["resolution_days"] == "2.5"


def test_ratings_no_better_than_usual() -> None:
    low = figures("LOW_SATISFACTION", satisfaction__last__all=2, satisfaction__mean__all=3.5)
    assert low["rating"] == "2"
    assert figures("LOW_SATISFACTION", satisfaction__last__all=5, satisfaction__mean__all=3.5) == {}


def test_a_renewal_ahead_and_none_that_is_past() -> None:
    assert figures("RENEWAL_NEAR", subscription__since_renewal__all=-14) == {"renewal_days": "14"}
    assert figures("RENEWAL_NEAR", subscription__since_renewal__all=14) == {}


def test_a_smaller_plan_and_no_larger_one() -> None:
    assert figures("DOWNGRADED", subscription__last_step__all=0.8) == {"plan_cut": "20"}
    assert figures("DOWNGRADED", subscription__last_step__all=0.995) == {}
    assert figures("DOWNGRADED", subscription__last_step__all=1.5) == {}


def test_the_longer_of_two_histories() -> None:
    row = {"recency__tenure__all": 100.0, "subscription__tenure__all": 300.0}
    assert figures("NEW_CUSTOMER", **row) == {"tenure": "300"}
    assert figures("NEW_CUSTOMER", **row | {"subscription__tenure__all": math.nan}) == {"tenure": "100"}


def test_tickets_that_stopped_over_the_longest_window() -> None:
    row = {"tickets__silence__30d": 2.0, "tickets__silence__60d": 5.0, "tickets__silence__90d": 1.0}
    assert figures("TICKETS_STOPPED", **row) == {"tickets": "5", "tickets_days": "60"}
    assert figures("TICKETS_STOPPED", tickets__silence__7d=5.0) == {}
    assert figures("TICKETS_STOPPED", tickets__silence__180d=5.0) == {}, "too long ago to be why"


@pytest.mark.parametrize(
    ("last", "mean", "text"), [(6, 6, "6"), (7, 7, None), (7, 8.5, "7"), (9, 8, None), (2, 1, "2")]
)
def test_survey_answers_that_warn(last: float, mean: float, text: str | None) -> None:
    row = {"surveys__nps_last__all": last, "surveys__nps_mean__all": mean}
    assert figures("LOW_SURVEY_SCORE", **row).get("nps") == text


def test_no_answer_is_stated_of_those_who_answered_before() -> None:
    stopped = figures("SURVEY_SILENCE", surveys__days_since__all=100, surveys__silence__90d=1)
    assert stopped["survey_days"] == "100"
    row = {"surveys__days_since__all": 40.0, "surveys__silence__30d": 1.0, "surveys__silence__90d": 0.0}
    assert figures("SURVEY_SILENCE", **row) == {}


def test_other_surveys_are_compared_with_the_customers_own_answers() -> None:
    lower = figures("LOW_SURVEY_SCORE", surveys__csat_last__all=2, surveys__csat_mean__all=4)
    assert lower == {"score": "2", "score_usual": "4"}
    assert figures("LOW_SURVEY_SCORE", surveys__ces_last__all=4, surveys__ces_mean__all=2) == {}


def test_use_without_buying_and_no_use() -> None:
    assert figures("USES_WITHOUT_BUYING", usage__since_purchase__all=4) == {"used_days": "4"}
    assert figures("USES_WITHOUT_BUYING", usage__since_purchase__all=1) == {}
    assert figures("USAGE_DOWN", usage__days_since__all=20, usage__overdue__all=2) == {"unused_days": "20"}
    assert figures("USAGE_DOWN", usage__days_since__all=20, usage__overdue__all=0.5) == {}


def test_messages_over_whatever_window_the_model_reads() -> None:
    for days in (90, 180):
        row = {f"text__talks_of_leaving__{days}d": 2.0}
        assert figures("TALKS_OF_LEAVING", **row) == {"messages": "2", "messages_days": str(days)}
    assert figures("TALKS_OF_LEAVING", text__talks_of_leaving__180d=0) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (3, "3"), (3.04, "3"), (3.14, "3.1"), (9.96, "10"), (10.4, "10"), (1234.5, "1,234"),
        (-2.5, "−2.5"), (-0.01, "0"),
    ],
)  # fmt: skip
def test_figures_as_people_write_them(value: float, text: str) -> None:
    assert Texts({}).write(value) == text
    assert Texts({}, currency="EUR").write(value) == text  # no amount
    assert Texts({}).write(Money(value)) == text  # the currency is unknown


def test_figures_and_amounts_in_the_number_format_of_a_language() -> None:
    texts = Texts({"A": ["{x}, {y}"]}, thousands="\xa0", decimal=",", currency="EUR")
    assert texts.choose("A", {"x": 1234567, "y": Money(2.5)}) == "1\xa0234\xa0567, 2,5\xa0EUR"
    assert Texts({}, thousands=".", decimal=",").write(1234.5) == "1.234"
    assert Texts({}, currency="EUR", right_to_left=True).write(Money(8)) == "\u20688\xa0EUR\u2069"
