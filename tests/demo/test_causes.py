"""Why customers leave: each cause moves what it should, in the direction it should."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.demo.simulated import read, simulate_into, truth_of

from holdfast.demo.support import ANNOYED, CALM, LEAVING, TOPICS
from holdfast.demo.words import PHRASES
from holdfast.demo.words.phrases import compose

END = pd.Timestamp("2026-07-06")


def orders_and_rate(folder: Path, **settings: object) -> tuple[int, float]:
    report = simulate_into(folder, 3, **{"customers": 1000, **settings})
    assert report.churn_rate is not None
    return report.rows["orders"], report.churn_rate


def test_slow_support_and_dear_prices_drive_customers_away_and_campaigns_bring_them_back(tmp_path):
    usual, leaving = orders_and_rate(tmp_path)
    for cause, strength in (("support_delay", 3.0), ("price_rise", 0.4)):
        orders, rate = orders_and_rate(tmp_path / cause, **{cause: strength})
        assert orders < 0.93 * usual, cause
        assert rate > leaving + 0.05, cause
    orders, rate = orders_and_rate(tmp_path / "campaigns", contact_effect=4)
    assert orders > 1.05 * usual
    assert rate < leaving


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    orders_and_rate(folder, customers=3000)
    return folder


def test_fading_habit_shows_as_silence(history):
    truth = truth_of(history).to_pandas().set_index("customer_id")["churn_probability"]
    orders = read(history, "orders").query("status == 'completed'")
    last = orders.groupby("customer_no")["placed_at"].max()
    silent_days = (END - last).dt.days.reindex(truth.index)
    means = truth.groupby(pd.cut(silent_days, [-1, 10, 30, 60, 120, 180]), observed=True).mean()
    assert means.is_monotonic_increasing
    assert means.iloc[-1] > 0.8 > 0.35 > means.iloc[0]


def test_the_truth_names_its_causes(history):
    truth = truth_of(history).to_pandas()
    causes = truth[["silence", "service", "prices"]]
    assert (causes >= 0).all(axis=None)
    lost = causes.sum(axis=1)  # beside it stand only the hidden base rate, the season and campaigns
    assert truth["churn_probability"].corr(lost, method="spearman") > 0.5
    for cause in causes:
        assert (causes[cause] > 0.1).any(), cause


def test_slow_tickets_and_talk_of_leaving_come_before_leaving(history):
    truth = truth_of(history).to_pandas().set_index("customer_id")["churn_probability"]
    orders = read(history, "orders").query("status == 'completed'")
    recent = orders[orders["placed_at"] >= pd.Timestamp("2026-06-15")]["customer_no"].unique()
    truth = truth[truth.index.isin(recent)]  # alike in recency: what differs is what they went through
    tickets = read(history, "tickets")
    tickets = tickets[tickets["created_at"] >= pd.Timestamp("2026-04-27")]
    spent = (tickets["closed_at"].fillna(END) - tickets["created_at"]).dt.days
    phrases = [phrase for language in PHRASES.values() for phrase in language.leaving]
    talk = tickets["message"].map(lambda message: any(phrase in message for phrase in phrases))
    usual = truth[~truth.index.isin(tickets["customer_no"])].mean()
    assert truth[truth.index.isin(tickets[spent > 7]["customer_no"])].mean() > usual + 0.08
    assert truth[truth.index.isin(tickets[talk]["customer_no"])].mean() > usual + 0.08


def test_prices_rise_in_the_order_lines(history):
    lines = read(history, "order_lines")
    coffee = lines[lines["sku"] == "COF-001"]
    early = coffee[coffee["placed_at"] < END - pd.Timedelta(days=561)]["unit_price"]
    late = coffee[coffee["placed_at"] >= END - pd.Timedelta(days=559)]["unit_price"]
    assert early.nunique() == 1
    assert late.min() > 1.1 * early.max()


@pytest.mark.parametrize("language", sorted(PHRASES))
def test_every_message_can_be_said(language):
    phrases = PHRASES[language]
    luck = np.random.default_rng(1).integers(0, 2**63, size=40).tolist()
    for topic in range(len(TOPICS)):
        for tone in (CALM, ANNOYED, LEAVING):
            said = [compose(phrases, bits % 6, topic, tone, bits % 2 == 0, 5, "SO1", bits) for bits in luck]
            assert len(set(said)) > 20
            assert all("{" not in message and message == message.strip() for message in said)
            leaves = [any(phrase in message for phrase in phrases.leaving) for message in said]
            assert leaves == [tone == LEAVING] * len(said)


def test_days_are_written_in_the_language_s_digits():
    late = TOPICS.index("late_delivery")
    persian = [compose(PHRASES["fa"], 0, late, CALM, False, 7, "SO1", bits << 6) for bits in range(4)]
    assert all("۷" in message for message in persian)


def test_control_groups_are_who_chance_left_out_and_change_nothing_else(tmp_path):
    for name, control_groups in (("without", False), ("with", True)):
        simulate_into(tmp_path / name, 3, customers=300, control_groups=control_groups)
    (without, with_arms), orders = (
        [read(tmp_path / name, table) for name in ("without", "with")] for table in ("contacts", "orders")
    )
    assert orders[0].equals(orders[1])
    assert without["arm"].isna().all()
    control = with_arms["arm"] == "CONTROL"
    assert 0.7 < control.mean() < 0.8
    sent = with_arms[~control].drop(columns="arm").reset_index(drop=True)
    pd.testing.assert_frame_equal(sent, without.drop(columns="arm"))
    assert with_arms.loc[control, ["medium", "reaction"]].isna().all(axis=None)
