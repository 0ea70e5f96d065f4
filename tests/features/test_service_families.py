"""Tiny logs with the expected features: tickets, surveys, usage, contacts, subscriptions, customers."""

from tests.features.logs import Row, day, expect, one, purchases


def test_a_ticket_tells_each_thing_only_once_it_is_known() -> None:
    ticket = {
        "ticket_id": "t",
        "opened_at": day(10),
        "first_response_at": day(11),
        "resolved_at": day(14),
        "csat": 2.0,
        "csat_at": day(20),
        "category": "late",
        "priority": "High",
    }
    tables = {"transactions": purchases(0, 9), "tickets": [ticket]}
    expect(one(tables, 10), tickets__opened__all=0, tickets__open_now__all=0)
    expect(one(tables, 11), tickets__opened__all=1, tickets__open_now__all=1, tickets__open_days__all=1)
    expect(one(tables, 11), support__answer_last__all=None, tickets__last_category__all="late")
    expect(one(tables, 12), support__answer_last__all=24, support__resolution_last__all=None)
    expect(one(tables, 12), tickets__open_now__all=1, tickets__priority_highest__all=3)
    expect(
        one(tables, 15),
        tickets__open_now__all=0,
        support__resolution_last__all=96,
        satisfaction__last__all=None,
    )
    expect(one(tables, 21), satisfaction__last__all=2, satisfaction__rated__all=1)


def test_a_reopened_ticket_is_open_again_until_resolved() -> None:
    ticket = {"ticket_id": "t", "opened_at": day(10), "resolved_at": day(12), "reopened_at": day(15)}
    tables = {"transactions": purchases(0), "tickets": [ticket]}
    expect(one(tables, 11), tickets__open_now__all=1)
    expect(one(tables, 14), tickets__open_now__all=0)
    expect(one(tables, 20), tickets__open_now__all=1, tickets__open_days__all=5, tickets__reopened__all=1)
    again = {**ticket, "reopened_at": day(11)}  # reopened before the resolution that the row knows
    expect(one({**tables, "tickets": [again]}, 11.5 + 0.5), tickets__open_now__all=1)


def test_the_same_complaint_again_within_a_month() -> None:
    rows = [
        {"ticket_id": str(number), "opened_at": day(number), "category": category}
        for number, category in ((0, "late"), (20, "late"), (25, "broken"), (60, "late"))
    ]
    expect(
        one({"transactions": purchases(0), "tickets": rows}, 70),
        tickets__repeated__all=1,
        tickets__opened__all=4,
    )


def test_attributes_stand_as_they_stood() -> None:
    rows = [
        {"valid_from": day(0), "segment": "home", "score": "1"},
        {"valid_from": day(50), "segment": "office", "score": "2"},
    ]
    tables = {"transactions": purchases(0), "customers": rows}
    expect(one(tables, 40, attributes=("segment",)), profile__segment__all="home")
    expect(one(tables, 60, attributes=("segment",)), profile__segment__all="office")
    assert "profile__score__all" not in one(tables, 60, attributes=("segment",))


def test_subscriptions_look_ahead_to_the_renewal_only() -> None:
    rows = [
        {
            "subscription_id": "s",
            "started_at": day(0),
            "plan": "small",
            "monthly_value": 10.0,
            "renews_at": day(90),
        },
        {
            "subscription_id": "s",
            "started_at": day(30),
            "plan": "large",
            "monthly_value": 15.0,
            "renews_at": day(120),
        },
    ]
    row = one({"subscriptions": rows}, 50)
    expect(
        row,
        subscription__tenure__all=50,
        subscription__since_renewal__all=-70,
        subscription__plan__all="large",
    )
    expect(row, subscription__value_change__all=1.5, subscription__versions__all=2)
    expect(row, subscription__last_step__all=1.5, subscription__largest_step_up__30d=1.5)
    cheaper = {**rows[1], "started_at": day(40), "monthly_value": 12.0}
    row = one({"subscriptions": [*rows, cheaper]}, 50)
    expect(row, subscription__last_step__all=0.8, subscription__largest_step_down__14d=0.8)
    expect(row, subscription__largest_step_up__all=1.5, subscription__largest_step_down__7d=None)


def test_contacts_and_responses() -> None:
    rows: list[Row] = [
        {"contacted_at": day(10), "channel": "call", "response_at": day(12)},
        {"contacted_at": day(50)},
    ]
    row = one({"transactions": purchases(0), "contacts": rows}, 60)
    expect(row, contacts__count__all=2, contacts__days_since__all=10, contacts__responses__all=1)
    expect(row, contacts__unanswered__all=1, contacts__channels__all=1, contacts__response_share__all=0.5)
    expect(one({"transactions": purchases(0), "contacts": rows}, 11), contacts__unanswered__all=1)
    expect(one({"transactions": purchases(0), "contacts": rows}, 11), contacts__responses__all=0)


def test_pressing_tickets_are_those_opened_as_high_or_urgent() -> None:
    rows = [
        {"ticket_id": word, "opened_at": day(number), "priority": word}
        for number, word in enumerate(("low", "high", "P1", "whenever"), start=10)
    ]
    row = one({"transactions": purchases(0), "tickets": rows}, 20)
    expect(row, tickets__pressing__all=2, tickets__pressing_share__all=2 / 3, tickets__opened__all=4)


def test_tickets_are_held_against_orders() -> None:
    rows = [{"ticket_id": str(number), "opened_at": day(number)} for number in (10, 20, 41)]
    late = {"transaction_id": "l", "occurred_at": day(45), "known_at": day(60), "amount": 1.0}
    tables = {"transactions": [*purchases(0, 30), late], "tickets": rows}
    expect(one(tables, 50), tickets__an_order__all=1.5, tickets__since_order__all=1, tickets__an_order__30d=2)
    expect(one(tables, 65), tickets__an_order__all=1, tickets__since_order__all=0)
    expect(one({"transactions": purchases(60), "tickets": rows}, 50), tickets__since_order__all=3)


def test_silence_after_tickets_is_how_many_there_were() -> None:
    rows = [{"ticket_id": str(number), "opened_at": day(number)} for number in (0, 35, 36)]
    row = one({"transactions": purchases(0), "tickets": rows}, 60)
    expect(row, tickets__silence__14d=2, tickets__silence__30d=0, tickets__silence__7d=0)
    expect(one({"transactions": purchases(0), "tickets": rows}, 67), tickets__silence__30d=2)
    expect(one({"transactions": purchases(0), "tickets": rows}, 59), tickets__silence__30d=0)
    expect(one({"transactions": purchases(0), "tickets": rows}, 30), tickets__silence__30d=None)


def test_resolved_tickets_are_unrated_until_the_rating_is_known() -> None:
    resolved = {"opened_at": day(1), "resolved_at": day(5)}
    rows: list[Row] = [
        {"ticket_id": "s", **resolved, "csat": 3.0, "csat_at": day(9)},
        {"ticket_id": "t", **resolved, "csat": None, "csat_at": None},
    ]
    tables = {"transactions": purchases(0), "tickets": rows}
    expect(one(tables, 5), satisfaction__unrated_share__all=None)
    expect(one(tables, 9), satisfaction__unrated_share__all=1, satisfaction__rated__all=0)
    expect(one(tables, 10), satisfaction__unrated_share__all=0.5, satisfaction__rated__all=1)


def test_surveys_are_told_apart_by_their_kind() -> None:
    rows: list[Row] = [
        {"answered_at": day(5), "kind": "nps", "score": 9.0},
        {"answered_at": day(20), "kind": "nps", "score": 5.0},
        {"answered_at": day(30), "kind": "ces", "score": 2.0},
        {"answered_at": day(58), "known_at": day(62), "kind": "nps", "score": 0.0},
    ]
    tables = {"transactions": purchases(0), "surveys": rows}
    row = one(tables, 60)
    expect(row, surveys__nps_last__all=5, surveys__nps_mean__all=7, surveys__nps_change__all=-2)
    expect(row, surveys__ces_last__all=2, surveys__csat_last__all=None, surveys__answers__all=3)
    expect(row, surveys__days_since__all=30, surveys__answers__14d=0)
    expect(row, surveys__silence__7d=0, surveys__silence__14d=0)
    expect(one(tables, 66), surveys__nps_last__all=0, surveys__nps_lowest__all=0, surveys__days_since__all=8)
    expect(one(tables, 49), surveys__silence__14d=1)
    expect(one(tables, 50), surveys__silence__7d=0, surveys__silence__30d=0)
    expect(one(tables, 35), surveys__silence__30d=None)


def test_usage_and_whether_they_buy_as_well() -> None:
    rows: list[Row] = [
        {"occurred_at": day(1), "event": "visit", "quantity": 3.0},
        {"occurred_at": day(1.5), "event": "login", "quantity": None},  # once
        {"occurred_at": day(11), "event": "visit", "quantity": 2.0},
        {"occurred_at": day(21), "event": "visit", "quantity": 2.0},
        {"occurred_at": day(28), "known_at": day(31), "event": "export", "quantity": 9.0},
    ]
    tables = {"transactions": purchases(0, 5), "usage": rows}
    row = one(tables, 31)
    expect(
        row, usage__count__all=8, usage__active_days__all=3, usage__events__all=2, usage__days_since__all=10
    )
    expect(row, usage__count__14d=2, usage__change__14d=0, usage__overdue__all=10 / 9.75)
    expect(row, usage__share_active__all=0.1, usage__since_purchase__all=2, usage__days_an_order__all=1.5)
    expect(row, usage__pace__14d=(2 / 14) * 30 / 8)
    expect(one(tables, 32), usage__events__all=3, usage__days_since__all=4)


def test_what_two_streams_say_is_null_before_the_first_day_of_either() -> None:
    use = {"occurred_at": day(1), "event": "visit"}
    tables = {"transactions": purchases(20, 28), "usage": [use]}
    expect(one(tables, 20), usage__active_days__30d=1, usage__days_an_order__30d=None)
    expect(one(tables, 31), usage__days_an_order__30d=0.5, usage__days_an_order__all=0.5)
    assert "usage__days_an_order__all" not in one({"subscriptions": [SUBSCRIPTION], "usage": [use]}, 31)


SUBSCRIPTION: Row = {"subscription_id": "s", "started_at": day(0)}
