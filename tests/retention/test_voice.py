"""Scores with intervals, response rates, complaints, reasons for leaving."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.retention.tables import day, moment, table

from holdfast.errors import DataRefused
from holdfast.outreach.leavers import EarlierReasons
from holdfast.retention.activity import Activity
from holdfast.retention.complaints import compare_topics, read_tickets
from holdfast.retention.intervals import difference
from holdfast.retention.periods import boundaries, complete_periods
from holdfast.retention.reasons import reasons_for_leaving
from holdfast.retention.settings import RetentionSettings
from holdfast.retention.voice import measure_voice, read_answers, response_rates

PERIODS = complete_periods("month", day(0), day(60), 5)  # January and February 2024


def active(*customers: str) -> Activity:
    spells = pd.DataFrame({"customer_id": customers, "since": day(-9), "until": day(400)})
    return Activity(spells.astype({"since": "datetime64[s]", "until": "datetime64[s]"}), boundaries(PERIODS))


def answer(
    customer: str, at: float, score: float, kind: str = "nps", known: float | None = None
) -> dict[str, Any]:
    return {
        "customer_id": customer, "answered_at": at, "kind": kind, "score": float(score),
        "known_at": at if known is None else known,
    }  # fmt: skip


def measure(*rows: dict[str, Any], who: str = "abcdefghij", **settings: float) -> pd.DataFrame:
    answers = read_answers({"surveys": table(*rows)}, day(60))
    return measure_voice(answers, active(*who), PERIODS, RetentionSettings(**settings))


def test_nps_by_hand_with_the_last_answer_of_each():
    scores = {"a": 10, "b": 9, "c": 8, "d": 7, "e": 6, "f": 0}
    found = measure(
        answer("a", 2, 0), *(answer(who, 5, score) for who, score in scores.items()),
        answer("g", 6, 10, known=61), answer("stranger", 7, 10),
    ).iloc[0]  # fmt: skip
    points = np.array([1, 1, 0, 0, -1, -1, 1])
    assert found[["customers", "active", "answered"]].to_list() == [7, 10, 6]
    assert found["value"] == pytest.approx(100 * points.mean())
    assert found["high"] - found["value"] == pytest.approx(196 * points.std() / np.sqrt(7), rel=1e-3)
    assert found["response_rate"] == 0.6


def test_csat_and_ces_are_shares_from_a_rating_on():
    found = measure(
        *(answer(who, 40, score, "csat") for who, score in zip("abcd", [5, 4, 3, 1], strict=True)),
        *(answer(who, 41, score, "ces") for who, score in zip("ab", [7, 2], strict=True)),
    )
    assert found[["kind", "period", "value", "mean"]].to_numpy().tolist() == [
        ["csat", "2024-02", 0.5, 3.25], ["ces", "2024-02", 0.5, 4.5],
    ]  # fmt: skip


def test_another_scale_is_asked_about():
    with pytest.raises(DataRefused, match="above the scale") as error:
        measure(answer("a", 3, 80, "csat"))
    assert "retention.csat_max" in str(error.value.lines["where"])
    assert measure(answer("a", 3, 80, "csat"), csat_max=100, csat_satisfied_from=70)["value"].to_list() == [1]


def test_no_survey_is_no_row():
    assert measure_voice(read_answers({}, day(60)), active("a"), PERIODS, RetentionSettings()).empty


def test_response_rates_by_hand():
    tables = {
        "tickets": table(
            {"customer_id": "a", "opened_at": 1, "known_at": 1, "resolved_at": 2, "csat": 4.0, "csat_at": 3},
            {"customer_id": "a", "opened_at": 1, "known_at": 1, "resolved_at": 4, "csat": 4.0, "csat_at": 80},
            {"customer_id": "b", "opened_at": 1, "known_at": 1},
        ),
        "contacts": table(
            {"customer_id": "a", "contacted_at": 35, "known_at": 35, "response": "called back", "arm": None},
            {"customer_id": "b", "contacted_at": 36, "known_at": 36, "response": None, "arm": "contacted"},
            {"customer_id": "c", "contacted_at": 36, "known_at": 36, "response": None, "arm": "control"},
            arm="string",
        ),
    }  # fmt: skip
    found = response_rates(tables, active("a"), PERIODS, day(60))
    assert found[["kind", "period", "asked", "answered"]].to_numpy().tolist() == [
        ["ticket_response_rate", "2024-01", 2, 1], ["contact_response_rate", "2024-02", 2, 1],
    ]  # fmt: skip


def test_the_referral_rate_by_hand():
    """Two of four new customers of February name another customer; themselves and a newspaper are none."""
    spells = pd.DataFrame({"customer_id": list("abcde"), "since": [day(n) for n in (3, 32, 33, 34, 35)]})
    spells = spells.assign(until=day(400)).astype({"since": "datetime64[s]", "until": "datetime64[s]"})
    tables = {
        "customers": table(
            {"customer_id": "a", "referred_by": None}, {"customer_id": "b", "referred_by": "a"},
            {"customer_id": "c", "referred_by": "a"}, {"customer_id": "d", "referred_by": "d"},
            {"customer_id": "e", "referred_by": "a newspaper"},
        ),
    }  # fmt: skip
    found = response_rates(tables, Activity(spells, boundaries(PERIODS)), PERIODS, day(60))
    assert found[["kind", "period", "asked", "answered"]].to_numpy().tolist() == [
        ["referral_rate", "2024-01", 1, 0], ["referral_rate", "2024-02", 4, 2],
    ]  # fmt: skip
    late = table(*({"customer_id": who, "referred_by": "a", "valid_from": moment(70)} for who in "ab"))
    late = late.cast({"valid_from": "timestamp(6)"})
    found = response_rates({"customers": late}, Activity(spells, boundaries(PERIODS)), PERIODS, day(60))
    assert found["answered"].to_list() == [0, 0]


def test_a_difference_without_strata_is_that_of_a_clustered_regression():
    chance = np.random.default_rng(1)
    customer = chance.integers(0, 60, 400)
    group = (customer % 3 == 0) | (chance.random(400) < 0.1)
    value = (chance.random(400) < 0.2 + 0.2 * group + 0.2 * (customer % 2)).astype(float)
    found = difference(value, group, customer, np.zeros(400))
    fit = sm.OLS(value, sm.add_constant(group.astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": customer, "use_correction": False}
    )
    assert found["difference"] == pytest.approx(fit.params[1])
    assert (found["low"], found["high"]) == pytest.approx(tuple(fit.conf_int()[1]))
    assert found["p"] == pytest.approx(fit.pvalues[1])


def log(harm: float, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tickets and snapshots: who buys much complains more and leaves less; a complaint adds `harm`."""
    chance = np.random.default_rng(seed)
    size, dates = 1500, (day(100), day(160))
    much = chance.random(size) < 0.5
    rows, tickets = [], [("first", moment(0), "late")]
    for date in dates:
        complained = chance.random(size) < np.where(much, 0.5, 0.1)
        churned = chance.random(size) < np.where(much, 0.1, 0.5) + harm * complained
        for who in range(size):
            rows.append((f"{who}", date, float(churned[who]), str(much[who])))
            if complained[who]:
                tickets.append((f"{who}", pd.Timestamp(date) - pd.Timedelta(days=9), "late"))
    found = pd.DataFrame(tickets, columns=["customer_id", "at", "topic"])
    return found.assign(known_at=found["at"]), pd.DataFrame(
        rows, columns=["customer_id", "as_of", "churned", "stratum"]
    )


def test_complaints_are_compared_among_customers_who_buy_alike():
    tickets, snapshots = log(harm=0.0)
    found = (
        compare_topics(tickets, snapshots, complaint_days=60, min_customers=20).set_index("topic").loc["late"]
    )
    assert found["low"] < 0 < found["high"]  # without strata it would be −0.2, and certain
    plain = compare_topics(
        tickets, snapshots.assign(stratum=""), complaint_days=60, min_customers=20
    ).set_index("topic")  # fmt: skip
    assert plain["high"]["late"] < -0.1
    tickets, snapshots = log(harm=0.15)
    found = (
        compare_topics(tickets, snapshots, complaint_days=60, min_customers=20).set_index("topic").loc["late"]
    )
    assert found["low"] < 0.15 < found["high"]
    assert found["adjusted_p"] < 0.001


def test_what_cannot_be_compared_is_null():
    tickets, snapshots = log(harm=0.1)
    few = compare_topics(tickets[:5], snapshots, complaint_days=60, min_customers=20)
    assert few["topic"].to_list() == ["any topic", "late"]
    assert few["difference"].isna().all()
    early = compare_topics(tickets, snapshots, complaint_days=150, min_customers=20)
    assert early["with_topic"].max() < 1500  # only the date at which 150 days of tickets are known
    nothing = compare_topics(tickets, snapshots[:0], complaint_days=60, min_customers=20)
    assert nothing["difference"].isna().all()


def test_tickets_are_those_known_by_then():
    rows = [
        {"customer_id": "a", "opened_at": 1, "known_at": 1, "category": None},
        {"customer_id": "b", "opened_at": 2, "known_at": 30, "category": "late"},
    ]
    assert read_tickets(table(*rows), day(20))["topic"].to_list() == ["no category"]


def given(on: float, origin: str, *reasons: tuple[str, int, str]) -> EarlierReasons:
    rows = pd.DataFrame(reasons, columns=["customer_id", "position", "code"]).assign(text="x")
    return EarlierReasons(day(on), origin, "en", rows)


def test_reasons_come_from_the_last_list_before_the_loss_and_from_the_record():
    lost = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "lost_on": pd.to_datetime([day(50), day(20), day(50)])}
    )
    earlier = [
        given(40, "list", ("a", 1, "LONG_SILENCE"), ("a", 2, "PRICE_UP"), ("b", 1, "OPEN_TICKET")),
        given(10, "explanation", ("a", 1, "SPEND_DOWN"), ("b", 1, "SPEND_DOWN")),
    ]
    churned = table(
        *({"customer_id": f"{n}", "churned_at": 50, "known_at": 50, "reason": "price"} for n in range(4)),
        {"customer_id": "a", "churned_at": 50, "known_at": 50, "reason": "Mrs Smith fell out with our Tom"},
        {"customer_id": "b", "churned_at": 20, "known_at": 20, "reason": None},
        {"customer_id": "c", "churned_at": 50, "known_at": 99, "reason": "moved"},
        {"customer_id": "z", "churned_at": 3, "known_at": 3, "reason": "before"},
    )
    found = reasons_for_leaving(lost, earlier, {"churned": churned}, day(60))
    assert found.to_numpy().tolist() == [
        ["explanation", "PRICE_UP", 1, 0.5], ["explanation", "SPEND_DOWN", 1, 0.5],
        ["recorded", "price", 4, 4 / 6], ["recorded", "no reason recorded", 1, 1 / 6],
        ["recorded", "other", 1, 1 / 6],
    ]  # fmt: skip
    assert reasons_for_leaving(lost[:0], [], {}, day(60)).empty
