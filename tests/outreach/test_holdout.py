"""The hold-out: stable, evenly spread, sticky for its time and never for ever."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from holdfast.outreach.columns import HELD_OUT_COLUMNS
from holdfast.outreach.holdout import draw, round_start, still_held

ROUND = date(2026, 6, 18)
DRAW_OF_00042 = 0.3916460405692851  # the first 53 bits of sha256("holdfast\n2026-06-18\n00042")
IDS = [f"{number:05d}" for number in range(4000)]


def held_since(*rows: tuple[str, date]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "held_since"])


def test_a_draw_never_changes():
    """Written down once: a later version that draws others would break every running experiment."""
    assert draw("00042", salt="holdfast", round_of=ROUND) == DRAW_OF_00042
    assert draw("0042", salt="holdfast", round_of=ROUND) != DRAW_OF_00042


@given(st.text(), st.text(min_size=1))
def test_a_draw_lies_in_its_range(customer_id, salt):
    assert 0 <= draw(customer_id, salt=salt, round_of=ROUND) < 1


def test_draws_are_spread_evenly():
    draws = pd.Series([draw(name, salt="holdfast", round_of=ROUND) for name in IDS])
    tenths = (draws * 10).astype(int).value_counts()
    assert len(tenths) == 10
    # 400 are expected in each; five standard deviations are 95.
    assert tenths.between(305, 495).all()


def test_rounds_and_salts_draw_independently():
    now = {name for name in IDS if draw(name, salt="holdfast", round_of=ROUND) < 0.5}
    later = {name for name in IDS if draw(name, salt="holdfast", round_of=ROUND + timedelta(90)) < 0.5}
    other = {name for name in IDS if draw(name, salt="other", round_of=ROUND) < 0.5}
    # Of 4,000, a quarter is expected in both; five standard deviations are 137.
    assert abs(len(now & later) - 1000) < 137
    assert abs(len(now & other) - 1000) < 137


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 400))
def test_a_round_holds_its_days(as_of, days):
    start = round_start(as_of, days)
    assert start <= as_of < start + timedelta(days)
    assert round_start(start, days) == start
    assert round_start(start + timedelta(days), days) == start + timedelta(days)


def test_held_until_the_days_are_over():
    earlier = held_since(("a", date(2026, 1, 1)))
    assert still_held(earlier, as_of=date(2026, 3, 31), holdout_days=90) == {"a": date(2026, 1, 1)}
    assert still_held(earlier, as_of=date(2026, 4, 1), holdout_days=90) == {}


def test_the_latest_draw_counts_and_the_future_does_not():
    earlier = held_since(("a", date(2026, 1, 1)), ("a", date(2026, 5, 1)), ("b", date(2026, 6, 1)))
    assert still_held(earlier, as_of=date(2026, 6, 1), holdout_days=90) == {"a": date(2026, 5, 1)}


def test_held_since_may_be_text_or_timestamps():
    for day in ("2026-05-01", pd.Timestamp("2026-05-01"), date(2026, 5, 1)):
        earlier = pd.DataFrame({"customer_id": ["007"], "held_since": [day]})
        found = still_held(earlier, as_of=date(2026, 6, 1), holdout_days=90)
        assert found == {"007": date(2026, 5, 1)}


def test_nobody_was_held_before():
    assert still_held(None, as_of=ROUND, holdout_days=90) == {}
    assert still_held(held_since(), as_of=ROUND, holdout_days=90) == {}


def test_held_out_customers_take_no_place(build):
    rows = [{"customer_id": f"{number:02d}"} for number in range(40)]
    everyone = build(rows, holdout_share=0.3)
    held = set(everyone.held_out["customer_id"])
    assert 0 < len(held) < 40
    limited = build(rows, holdout_share=0.3, capacity=10)
    free = [row["customer_id"] for row in rows if row["customer_id"] not in held]
    assert limited.listed["customer_id"].to_list() == free[:10]
    # Only whose turn came before the list was full counts as held out.
    assert set(limited.held_out["customer_id"]) == {name for name in held if name < free[9]}
    assert list(limited.held_out.columns) == list(HELD_OUT_COLUMNS)
    assert set(limited.held_out["held_since"]) == {date(2026, 8, 1)}


def test_everybody_and_nobody_held_out(build):
    rows = [{"customer_id": "1"}, {"customer_id": "2"}]
    all_of_them, none = build(rows, holdout_share=1, capacity=1), build(rows, holdout_share=0)
    assert (all_of_them.counts["held_out"], all_of_them.counts["listed"]) == (2, 0)
    assert (none.counts["held_out"], none.counts["listed"]) == (0, 2)


def test_held_out_before_stays_held_out(build):
    held = pd.DataFrame({"customer_id": ["1", "2"], "held_since": [date(2026, 6, 1), date(2026, 1, 1)]})
    at_risk = build([{"customer_id": "1"}, {"customer_id": "2"}], held=held, holdout_share=0)
    assert at_risk.listed["customer_id"].to_list() == ["2"]  # its 90 days are over
    assert at_risk.held_out[["customer_id", "held_since"]].to_numpy().tolist() == [["1", date(2026, 6, 1)]]


def test_nobody_changes_sides_within_a_round(build):
    rows = [{"customer_id": f"{number:03d}"} for number in range(200)]
    first = build(rows, as_of=date(2026, 6, 20), holdout_share=0.2)
    later = build(rows, as_of=date(2026, 8, 20), holdout_share=0.2, held=first.held_out)
    assert later.listed["customer_id"].to_list() == first.listed["customer_id"].to_list()
    assert set(later.held_out["held_since"]) == {date(2026, 6, 20)}


def test_whose_turn_comes_is_held_out_with_the_same_chance_at_every_rank(build):
    """What makes listed against held out a fair comparison, also where the capacity ends the list."""
    rows = [{"customer_id": f"{rank}", "spend_per_day": 10 - rank} for rank in range(6)]
    held, turns = [0] * 6, [0] * 6
    for number in range(250):
        at_risk = build(rows, capacity=3, holdout_share=0.3, holdout_salt=f"salt {number}")
        for name in at_risk.held_out["customer_id"]:
            held[int(name)] += 1
            turns[int(name)] += 1
        for name in at_risk.listed["customer_id"]:
            turns[int(name)] += 1
    assert turns[:3] == [250, 250, 250]
    for drawn, came in zip(held, turns, strict=True):
        # Four standard deviations of a share of 0.3.
        assert abs(drawn / came - 0.3) < 4 * (0.3 * 0.7 / came) ** 0.5
