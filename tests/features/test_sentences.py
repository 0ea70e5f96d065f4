"""Of whom each reason states its sentence, and of whom not: from a customer's facts to the list's words."""

import math
import re
from typing import Any

import pytest
from tests.features.logs import Row, day, purchases
from tests.features.sentences import LANGUAGES, compute_both, says, says_by_features, stated

MORE_AND_MORE = (0, 300, 350, 375, 388, 394, 397, 399)  # in no window fewer than in the one before
LESS_AND_LESS = (0, 225, 230, 240, 250, 260, 390)


def bought(*days: float, **more: Any) -> dict[str, list[Row]]:
    """A customer who buys on some days."""
    return {"transactions": purchases(*days, **more)}


def with_facts(table: str, time: str, *days: float, **more: Any) -> dict[str, list[Row]]:
    """A customer who buys now and then, with facts of another table on some days."""
    rows = [{time: day(number), **more} for number in days]
    return {**bought(0, 200, 399), table: [{**row, "ticket_id": str(at)} for at, row in enumerate(rows)]}


def tickets(*rows: Row) -> dict[str, list[Row]]:
    """A customer who buys now and then, with tickets."""
    return {**bought(0, 200, 399), "tickets": [{"ticket_id": str(at), **row} for at, row in enumerate(rows)]}


# --- buying --------------------------------------------------------------------------------------------


def test_silence() -> None:
    rhythm = range(0, 301, 20)
    says(
        "LONG_SILENCE",
        "No purchase for 100 days, usually every 20 days; customers like them bought 20 days ago",
        of=bought(*rhythm),
        not_of=bought(*rhythm, *range(320, 400, 20)),
    )
    says(
        "LONG_SILENCE",
        "No purchase for 100 days; customers like them bought 20 days ago",
        of=bought(300),
        not_of=bought(0, 380),
    )


def test_gaps() -> None:
    steady = range(0, 391, 10)
    says(
        "LONGER_GAPS",
        "70 days between the last two purchases, usually 25; customers like them: 5",
        of=bought(0, 10, 20, 30, 100),
        not_of=bought(*steady, 395),
    )
    gaps = {"of": bought(0, 200, 399), "not_of": bought(*steady, 395)}
    says("LONGER_GAPS", "Buys at longer intervals than customers who stay", **gaps)


def test_number_of_orders() -> None:
    says(
        "FEWER_ORDERS",
        "Orders in the last 90 days: 1; in the 90 before: 5; customers like them place 6",
        of=bought(*LESS_AND_LESS),
        not_of=bought(*MORE_AND_MORE),
    )
    says(
        "RARELY_BUYS",
        "Orders in the last 90 days: 2; customers like them place 3",
        of=bought(*range(0, 361, 60), 395),
        not_of=bought(*range(0, 400, 25)),
    )
    says("RARELY_BUYS", "Buys rarely", of=bought(0, 5), not_of=bought(*range(35)))
    says(
        "RARELY_BUYS",
        "Bought on one day so far, 40 days ago; most customers who stayed bought on more",
        of=bought(360),
        not_of=bought(*range(0, 400, 25)),
    )


def test_money() -> None:
    says(
        "SPEND_DOWN",
        "Spent in the last 90 days: 10; in the 90 before: 50; customers like them spend 60",
        of=bought(*LESS_AND_LESS),
        not_of=bought(*MORE_AND_MORE),
    )
    usual = purchases(0, 100, 200, 300, amount=40.0)
    says(
        "SMALLER_ORDERS",
        "Average order in the last 180 days: 25; overall: 34; customers like them spend 65",
        of={"transactions": [*usual, *purchases(390, amount=10.0)]},
        not_of={"transactions": [*usual, *purchases(390, amount=90.0)]},
    )
    small, large = bought(0, 399, amount=5.0), bought(0, 399, amount=50.0)
    says("SMALLER_ORDERS", "Places smaller orders than customers who stay", of=small, not_of=large)
    says("SPEND_DOWN", "Spends less than customers who stay", of=small, not_of=large)


def test_prices() -> None:
    tea = {"product_id": "tea", "quantity": 10.0}
    usual = purchases(0, 100, 200, **tea)
    says(
        "PRICE_UP",
        "Paid up to 25% more than before for the same goods in the last 30 days; customers like them: 0%",
        of={"transactions": [*usual, *purchases(399, amount=12.5, **tea)]},
        not_of={"transactions": [*usual, *purchases(399, **tea)]},
    )
    says(
        "DISCOUNT_HUNTING",
        "25% of the list price taken off; customers like them: 0%",
        of=bought(0, 399, amount=7.5, discount=2.5),
        not_of=bought(0, 399, discount=0.0),
    )


def test_refunds() -> None:
    returned = {"transaction_id": "r", "occurred_at": day(390), "amount": -4.0}
    says(
        "MORE_REFUNDS",
        "Lines refunded in the last 30 days: 1; customers like them: 0",
        of={"transactions": [*purchases(0, 399), returned]},
        not_of=bought(0, 399),
    )


def test_variety() -> None:
    def each_another(*days: float) -> dict[str, list[Row]]:
        return {"transactions": [row for at in days for row in purchases(at, product_id=f"p{at}")]}

    says(
        "LESS_VARIETY",
        "Different products in the last 90 days: 1; others in the 90 before: 5; customers like them: 6",
        of=each_another(*LESS_AND_LESS),
        not_of=each_another(*MORE_AND_MORE),
    )


def test_usage() -> None:
    def used(*days: float) -> dict[str, list[Row]]:
        return with_facts("usage", "occurred_at", *days, event="visit")

    says(
        "USAGE_DOWN",
        "Uses in the last 90 days: 1; in the 90 before: 5; customers like them: 6",
        of=used(*LESS_AND_LESS),
        not_of=used(*MORE_AND_MORE),
    )
    looked = [{"occurred_at": day(at), "event": "visit"} for at in (150, 390, 395, 399)]
    says(
        "USES_WITHOUT_BUYING",
        "Days on which they looked in since the last purchase: 3; customers like them: 0",
        of={**bought(0, 200), "usage": looked},
        not_of={**bought(0, 200, 399.5), "usage": looked},
    )


def test_subscriptions() -> None:
    def paid(first: float, then: float, **more: Any) -> dict[str, list[Row]]:
        versions = ((0, first), (300, then))
        rows = [
            {"subscription_id": "s", "started_at": day(at), "monthly_value": value, **more}
            for at, value in versions
        ]
        return {**bought(0, 399), "subscriptions": rows}

    says(
        "PRICE_UP",
        "Pays 25% more a month than at first; customers like them: 0%",
        of=paid(20.0, 25.0),
        not_of=paid(20.0, 20.0),
    )
    says(
        "DOWNGRADED",
        "Pays 20% less a month than before the last change of plan",
        of=paid(25.0, 20.0),
        not_of=paid(20.0, 25.0),
    )
    says(
        "RENEWAL_NEAR",
        "Renewal in 10 days; customers like them: in 300",
        of=paid(9.0, 9.0, renews_at=day(410)),
        not_of=paid(9.0, 9.0, renews_at=day(700)),
    )


def test_contacts() -> None:
    called = with_facts("contacts", "contacted_at", 0, 380, 390)
    says(
        "CONTACT_FATIGUE",
        "Contacts in the last 30 days: 2; customers like them: 0",
        of=called,
        not_of=bought(0, 399),
    )


def test_new_customers() -> None:
    says(
        "NEW_CUSTOMER",
        "Customer for 30 days, shorter than most who stayed",
        of=bought(370, 399),
        not_of=bought(0, 399),
    )


def test_nobody_is_called_new_after_a_year() -> None:
    old, older = {"recency__tenure__all": 1392.0}, {"recency__tenure__all": 2000.0}
    assert stated("NEW_CUSTOMER", old, peer=older) is None


def test_a_ticket_of_lately() -> None:
    says(
        "RECENT_TICKET",
        "Last ticket 20 days ago, and no purchase for 40 days, unlike most customers like them",
        of=tickets({"opened_at": day(380), "resolved_at": day(381)}) | bought(340, 350, 360),
        not_of=tickets({"opened_at": day(380), "resolved_at": day(381)}) | bought(340, 360, 399),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_subscribers_are_said_to_pay_and_not_to_order(language: str) -> None:
    """Monthly payers whose last two payments failed, and who go on using what they do not pay for."""
    row = {
        "subscription__tenure__all": 400.0, "gaps__mean__all": 30.0, "gaps__last__all": 61.0,
        "orders__count__60d": 0.0, "orders__count__120d": 2.0, "orders__count__90d": 1.0,
        "spend__sum__60d": 0.0, "spend__sum__120d": 58.0, "usage__since_purchase__all": 12.0,
        "recency__days__all": 75.0, "recency__share_active__all": 0.02, "tickets__since_order__all": 1.0,
        "tickets__days_since__all": 20.0, "spend__order_value__60d": 12.0, "spend__order_value__all": 30.0,
    }  # fmt: skip
    peer = {
        **row, "subscription__tenure__all": 500.0, "gaps__last__all": 30.0, "orders__count__60d": 2.0,
        "orders__count__90d": 3.0,
        "spend__sum__60d": 58.0, "usage__since_purchase__all": 3.0, "recency__days__all": 12.0,
        "tickets__since_order__all": 0.0, "spend__order_value__60d": 29.0,
    }  # fmt: skip
    said = {
        code: stated(code, row, peer=peer, language=language)
        for code in (
            "LONG_SILENCE", "LONGER_GAPS", "FEWER_ORDERS", "RARELY_BUYS", "SPEND_DOWN", "USES_WITHOUT_BUYING",
            "RECENT_TICKET", "SMALLER_ORDERS",
        )
    }  # fmt: skip
    orders = {"en": "order|purchase|buy|spent", "el": "παραγγελ|αγορ", "fa": "سفارش|خرید", "lt": "užsak|pirk"}
    for code, sentence in said.items():
        assert "400" in str(sentence), code
        assert not re.search(orders[language], str(sentence), re.IGNORECASE), sentence
    if language == "en":
        assert said["FEWER_ORDERS"] == (
            "Subscriber for 400 days; payments in the last 60 days: 0; in the 60 before: 2; "
            "customers like them: 2"
        )


def test_no_text_without_figures_says_that_a_subscriber_buys_rarely() -> None:
    row = {"subscription__tenure__all": 400.0, "recency__share_active__all": 0.01}
    peer = {"subscription__tenure__all": 500.0, "recency__share_active__all": 0.03}
    assert stated("RARELY_BUYS", row, peer=peer) is None
    assert stated("RARELY_BUYS", row | {"subscription__tenure__all": math.nan}, peer=peer) == "Buys rarely"


def test_a_monthly_payer_is_not_said_to_have_ordered_once_in_30_days() -> None:
    row = {"gaps__mean__all": 30.4, "orders__count__30d": 1.0, "orders__count__60d": 1.0}
    peer = {"gaps__mean__all": 30.4, "orders__count__30d": 2.0, "orders__count__60d": 2.0}
    for code in ("FEWER_ORDERS", "RARELY_BUYS", "SPEND_DOWN"):
        assert "30 days" not in str(stated(code, row, peer=peer)), code


def test_nobody_of_1392_days_is_a_new_customer() -> None:
    old = {"recency__tenure__all": 30.0, "subscription__tenure__all": 1392.0}
    older = {"recency__tenure__all": 2000.0, "subscription__tenure__all": 2000.0}
    assert stated("NEW_CUSTOMER", old, peer=older) is None
    new = {"recency__tenure__all": 30.0, "subscription__tenure__all": 60.0}
    assert stated("NEW_CUSTOMER", new, peer=older) == "Customer for 60 days, shorter than most who stayed"


def test_a_subscriber_who_does_not_pay_is_not_said_to_buy_nothing() -> None:
    row = {"recency__days__all": 63.0, "gaps__mean__all": 30.0, "subscription__tenure__all": 400.0}
    assert stated("LONG_SILENCE", row, peer={"recency__days__all": 12.0}) == (
        "Subscriber for 400 days, no payment for 63; customers like them paid 12 days ago"
    )


# --- of whom a true figure is no reason ------------------------------------------------------------------


def test_a_figure_that_most_customers_share_is_no_reason() -> None:
    lately = {"tickets__opened__30d": 2.0}
    assert stated("MANY_TICKETS", lately, peer=lately) is None
    assert stated("MANY_TICKETS", {"tickets__opened__30d": 1.0}, peer={"tickets__opened__30d": 0.0}) is None


def test_a_window_shorter_than_the_own_rhythm_says_nothing() -> None:
    monthly = [at - 0.5 for at in range(400, 0, -30)][::-1]
    peer = bought(*range(0, 400, 3))
    of, other = compute_both(bought(*monthly[:-1]), peer)  # none in the last 30 days, one in the 30 before
    assert of["spend__sum__14d"] == 0 < of["spend__sum__60d"]
    text = stated("SPEND_DOWN", of, peer=other)
    assert text == "Spends less than customers who stay", text
    text = stated("RARELY_BUYS", of, peer=other)
    assert text is not None
    assert text.startswith("Orders in the last 90 days: 2"), text


def test_one_purchase_more_or_less_is_no_fall() -> None:
    row = {"gaps__mean__all": 30.4, "orders__count__90d": 2.0, "orders__count__180d": 5.0}
    peer = {"orders__count__90d": 3.0}
    assert stated("FEWER_ORDERS", row, peer=peer) is None
    fell = row | {"orders__count__90d": 1.0}
    assert stated("FEWER_ORDERS", fell, peer=peer) == (
        "Orders in the last 90 days: 1; in the 90 before: 4; customers like them place 3"
    )


# --- tickets and surveys -------------------------------------------------------------------------------


def test_tickets() -> None:
    lately = tickets({"opened_at": day(0)}, {"opened_at": day(390)}, {"opened_at": day(395)})
    says(
        "MANY_TICKETS",
        "Tickets in the last 30 days: 2; customers like them: 0",
        of=lately,
        not_of=bought(0, 399),
    )
    resolved = {"opened_at": day(388), "resolved_at": day(390)}
    says(
        "OPEN_TICKET",
        "Open tickets: 1, the oldest for 12 days; customers like them: 0",
        of=tickets({"opened_at": day(388)}),
        not_of=tickets(resolved),
    )
    early = [{"opened_at": day(at)} for at in (0, 230, 300)]
    says(
        "TICKETS_STOPPED",
        "Tickets in the 90 days before: 2; in the last 90: none, "
        "a larger drop than for most customers like them",
        of=tickets(*early),
        not_of=tickets(*early, {"opened_at": day(399)}),
    )


def test_support() -> None:
    def answered(*hours: float) -> dict[str, list[Row]]:
        days = (100, 350)
        return tickets(*(
            {"opened_at": day(at), "first_response_at": day(at + wait / 24)}
            for at, wait in zip(days, hours, strict=True)
        ))  # fmt: skip

    says(
        "SLOW_SUPPORT",
        "Waited 48 hours for the first reply to the last answered ticket; customers like them waited 4",
        of=answered(4, 48),
        not_of=answered(48, 4),
    )
    little_longer, peer = compute_both(answered(4, 20), answered(4, 16))
    assert stated("SLOW_SUPPORT", little_longer, peer=peer) is None
    clearly_longer, _ = compute_both(answered(4, 24), answered(4, 16))
    assert stated("SLOW_SUPPORT", clearly_longer, peer=peer) is not None

    def rated(*scores: float) -> dict[str, list[Row]]:
        days = (100, 350)
        return tickets(*(
            {"opened_at": day(at), "csat": score, "csat_at": day(at + 1)}
            for at, score in zip(days, scores, strict=True)
        ))  # fmt: skip

    says(
        "LOW_SATISFACTION",
        "Rated a ticket 1 lately; customers like them give 5",
        of=rated(5, 1),
        not_of=rated(1, 5),
    )


def test_surveys() -> None:
    def answered(kind: str, *scores: tuple[float, float]) -> dict[str, list[Row]]:
        rows = [{"answered_at": day(at), "kind": kind, "score": score} for at, score in scores]
        return {**bought(0, 399), "surveys": rows}

    low, high = answered("nps", (0, 9), (390, 3)), answered("nps", (0, 9), (390, 10))
    says(
        "LOW_SURVEY_SCORE",
        "Gave 3 of 10 in the last survey; customers like them give 10",
        of=low,
        not_of=high,
    )
    says(
        "LOW_SURVEY_SCORE",
        "Answered the last survey with 2, usually 3; customers like them give 4",
        of=answered("csat", (0, 4), (390, 2)),
        not_of=answered("csat", (0, 2), (390, 4)),
    )
    says(
        "SURVEY_SILENCE",
        "No answer to a survey for 300 days, unlike most customers like them",
        of=answered("nps", (0, 9), (100, 9)),
        not_of=answered("nps", (0, 9), (399, 9)),
    )


# --- texts ---------------------------------------------------------------------------------------------


def test_messages() -> None:
    def wrote(subject: str, of: float) -> dict[str, float]:
        return {f"text__talks_of_{subject}__180d": of, "text__texts__180d": 3.0}

    says_by_features(
        "TALKS_OF_LEAVING",
        "Messages in the last 180 days that talk of leaving: 2; customers like them: 0",
        of=wrote("leaving", 2),
        not_of=wrote("leaving", 0),
    )
    says_by_features(
        "TALKS_OF_PRICE",
        "Messages in the last 180 days that talk of prices: 1; customers like them: 0",
        of=wrote("price", 1),
        not_of=wrote("price", 0),
    )
    in_another_window = {"text__talks_of_leaving__all": 1.0}
    says_by_features(
        "TALKS_OF_LEAVING",
        "Wrote about leaving, unlike most customers like them",
        of=in_another_window,
        not_of={"text__talks_of_leaving__all": 0.0},
    )
    says_by_features(
        "TALKS_OF_COMPETITOR",
        "Messages in the last 180 days that mention another supplier: 1; customers like them: 0",
        of=wrote("competitor", 1),
        not_of=wrote("competitor", 0),
    )


def test_tone() -> None:
    says_by_features(
        "TONE",
        "Writes in the tone of customers who leave",
        of={"text__tone__180d": 0.4},
        not_of={"text__tone__180d": -0.4},
    )
