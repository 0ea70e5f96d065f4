"""Web activity and survey answers: traces of what moves customers, which themselves move nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.demo.simulated import read, simulate_into, truth_of

from holdfast.demo.facts import new_book
from holdfast.demo.mind import PERSON, STATE
from holdfast.demo.traces import ACTIONS, FOLLOWING, LOOKING, OFFLINE, leave_traces, second_stream

END = pd.Timestamp("2026-07-06")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traces")
    simulate_into(folder, 3, customers=3000)
    return folder


def churn_probability(company: Path) -> pd.Series:
    truth = truth_of(company).to_pandas()
    return pd.Series(truth.set_index("customer_id")["churn_probability"])


def lived(online: int, rate: float, days: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """The state and the visits of a customer who never buys, after some days."""
    person, state, book = np.zeros(1, PERSON), np.zeros(1, STATE), new_book(3 * days)
    person["online"], person["visits"], person["base"], person["stream"] = online, 1.0, 0.1, 99
    state["habit"], state["last_order"], person["may_contact"] = 0.5, -1, 1
    stream = second_stream(person["stream"][0])
    for day in range(days):
        leave_traces(person[0], state[0], rate, day, stream, book)
    return state, book.visits[: book.used[-2]]


def test_traces_do_not_move_the_mind() -> None:
    state, visits = lived(FOLLOWING, 0.1)
    before = np.zeros(1, STATE)
    before["habit"], before["last_order"] = 0.5, -1
    assert state.tobytes() == before.tobytes()
    assert len(visits) > 20


@pytest.mark.parametrize(
    ("online", "often", "never"), [(OFFLINE, 0, 0), (FOLLOWING, 73, 0), (LOOKING, 19, 19)]
)
def test_only_some_customers_show_their_interest(online: int, often: int, never: int) -> None:
    """400 days at a rate of 0.1 and of 0; who looks around goes by nature, which here is 0.1 × 0.5."""
    for rate, expected in ((0.1, often), (0.0, never)):
        days = len(np.unique(lived(online, rate)[1]["day"]))
        assert abs(days - expected) <= 4 * np.sqrt(expected)


def test_activity_is_counted_by_day_and_exported_in_the_night_after(company: Path) -> None:
    activity = read(company, "web_activity")
    day = activity["last_at"].dt.normalize()
    assert not activity.assign(day=day).duplicated(["customer_no", "day", "action"]).any()
    assert (activity["exported_at"].dt.normalize() == day + pd.Timedelta(days=1)).all()
    assert set(activity["action"]) == set(ACTIONS)
    assert activity["times"].min() == 1
    sold = len(read(company, "order_lines")) + len(read(company, "refunds"))
    assert 0.8 * sold < len(activity) < 2 * sold


def test_some_customers_are_never_seen_on_the_web(company: Path) -> None:
    buyers = set(read(company, "orders").query("status == 'completed'")["customer_no"].dropna())
    seen = len(buyers & set(read(company, "web_activity")["customer_no"])) / len(buyers)
    assert 0.6 < seen < 0.75


def test_visits_fade_before_customers_leave(company: Path) -> None:
    truth = churn_probability(company)
    orders = read(company, "orders").query("status == 'completed'")
    last = orders.groupby("customer_no")["placed_at"].max().reindex(truth.index)
    alike = truth[(END - last).dt.days.between(20, 60)]
    activity = read(company, "web_activity")
    lately = set(activity[activity["last_at"] >= END - pd.Timedelta(days=30)]["customer_no"])
    online = alike[alike.index.isin(activity["customer_no"])]
    assert min(online.index.isin(lately).sum(), (~online.index.isin(lately)).sum()) > 50
    assert online[online.index.isin(lately)].mean() < online[~online.index.isin(lately)].mean() - 0.05


def test_the_survey_goes_out_twice_a_year_and_some_answer(company: Path) -> None:
    answers = read(company, "nps_answers")
    assert answers["points"].between(0, 10).all()
    rounds = answers["submitted_at"].dt.to_period("M").value_counts()
    assert len(rounds) == 4
    assert 0.1 < answers["respondent"].nunique() / len(read(company, "customers")) < 0.6
    assert (
        not answers.assign(month=answers["submitted_at"].dt.year * 12 + answers["submitted_at"].dt.month)[
            ["respondent", "month"]
        ]
        .duplicated()
        .any()
    )


def test_few_points_come_before_leaving(company: Path) -> None:
    truth = churn_probability(company)
    answers = read(company, "nps_answers").drop_duplicates("respondent", keep="last")
    recent = answers[answers["submitted_at"] > END - pd.Timedelta(days=90)].set_index("respondent")["points"]
    known = truth[truth.index.isin(recent.index)]
    points = recent.reindex(known.index)
    assert (points <= 6).sum() > 30
    assert known[points <= 6].mean() > known[points >= 9].mean() + 0.1
