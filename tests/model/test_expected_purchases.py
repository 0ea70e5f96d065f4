"""BG/NBD: the paper's own figures, the likelihood against integration, parameters found again."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, gamma

from holdfast.model.baselines import predict_by_purchases
from holdfast.model.division import Trial
from holdfast.model.expected_purchases import ExpectedPurchases, fit_expected_purchases

CDNOW = ExpectedPurchases(r=0.243, alpha=4.414, a=0.793, b=2.426)  # table 2 of the paper, in weeks


def simulate(model: ExpectedPurchases, customers: int, days: float, seed: int) -> tuple[np.ndarray, ...]:
    """Customers who live by the model: repeats, last, age, and purchases in the `days` after."""
    random = np.random.default_rng(seed)
    rate = random.gamma(model.r, 1 / model.alpha, customers)
    leaves = random.beta(model.a, model.b, customers)
    age = random.uniform(100, 700, customers)
    repeats, last, later = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    at, alive = np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        at = at + random.exponential(1 / rate)
        alive &= at < age + days
        past = alive & (at < age)
        repeats[past] += 1
        last[past] = at[past]
        later[alive & ~past] += 1
        alive &= random.random(customers) >= leaves
    return repeats, last, age, later


def test_the_papers_customer_is_expected_to_buy_1_226_times():
    found = CDNOW.predict(np.array([2.0]), np.array([30.43]), np.array([38.86]), 39)
    assert found[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(("repeats", "last", "age"), [(0, 0.0, 30.0), (1, 12.0, 30.0), (6, 25.0, 26.0)])
def test_the_likelihood_is_that_of_the_story(repeats, last, age):
    """Integrated over all customers: they buy at a rate, and leave after a purchase with a probability."""
    stays, _ = quad(lambda p: beta.pdf(p, CDNOW.a, CDNOW.b) * (1 - p) ** repeats, 0, 1)
    alive, _ = quad(
        lambda rate: gamma.pdf(rate, CDNOW.r, scale=1 / CDNOW.alpha) * rate**repeats * np.exp(-rate * age),
        0, np.inf,
    )  # fmt: skip
    expected = stays * alive
    if repeats:
        goes, _ = quad(lambda p: beta.pdf(p, CDNOW.a, CDNOW.b) * p * (1 - p) ** (repeats - 1), 0, 1)
        until, _ = quad(
            lambda rate: (
                gamma.pdf(rate, CDNOW.r, scale=1 / CDNOW.alpha) * rate**repeats * np.exp(-rate * last)
            ),
            0, np.inf,
        )  # fmt: skip
        expected += goes * until
    found = CDNOW.log_likelihood(np.array([float(repeats)]), np.array([last]), np.array([age]))
    assert np.exp(found[0]) == pytest.approx(expected, rel=1e-4)


def test_parameters_and_purchases_are_found_again():
    true = ExpectedPurchases(r=0.8, alpha=30.0, a=1.2, b=2.5)
    repeats, last, age, later = simulate(true, customers=8000, days=60, seed=1)
    found = fit_expected_purchases(repeats, last, age)
    assert found.r / found.alpha == pytest.approx(true.r / true.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(true.a / (true.a + true.b), rel=0.1)
    expected = found.predict(repeats, last, age, 60)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.1)
    best = expected >= np.quantile(expected, 0.8)
    assert expected[best].mean() == pytest.approx(later[best].mean(), rel=0.1)


@settings(deadline=None)
@example(repeats=0, age=10.0, part=0.0, days=60.0, parameters=(1.0, 1.0, 0.5, 0.5))
@example(repeats=3, age=10.0, part=1.0, days=60.0, parameters=(1.0, 1.0, 1.0, 1.0))
@given(
    repeats=st.integers(0, 2000),
    age=st.floats(1, 5000),
    part=st.floats(0, 1),
    days=st.floats(1, 400),
    parameters=st.tuples(*[st.floats(0.01, 100)] * 4),
)
def test_expected_purchases_are_numbers_whatever_the_customer(repeats, age, part, days, parameters):
    model = ExpectedPurchases(*parameters)
    found = model.predict(np.array([float(repeats)]), np.array([age * part]), np.array([age]), days)
    assert np.isfinite(found[0])
    assert found[0] >= 0


def test_longer_silence_expects_less_of_a_regular_customer():
    last = np.array([300.0, 250.0, 200.0, 100.0])
    found = CDNOW.predict(np.full(4, 20.0), last, np.full(4, 305.0), 60)
    assert (np.diff(found) < 0).all()


@pytest.mark.parametrize(
    ("repeats", "last", "words"),
    [([0.0, 0.0], [0.0, 0.0], "nobody ever came back"), ([1, 1], [50, 9], "between")],
)
def test_what_cannot_be_learned_from_is_refused(repeats, last, words):
    with pytest.raises(ValueError, match=words):
        fit_expected_purchases(np.array(repeats, float), np.array(last, float), np.array([20.0, 20.0]))


def features(silence, tenure, orders, churned):
    rows = len(silence)
    return pa.table(
        {
            "as_of": pa.array([None] * rows, pa.date32()) if not rows else pa.array(range(rows), pa.date32()),
            "churned": np.array(churned, float),
            "recency__days__all": np.array(silence, float),
            "recency__tenure__all": np.array(tenure, float),
            "orders__count__all": np.array(orders, float),
        }
    )


def test_the_baseline_ranks_who_is_expected_to_buy_least_first():
    repeats, last, age, later = simulate(ExpectedPurchases(1.0, 30.0, 1.0, 3.0), 2000, 60, seed=2)
    table = features(age - last, age, repeats + 1, later == 0)
    table = table.set_column(0, "as_of", pa.array([19000] * 2000, pa.date32()))
    half = np.arange(1000)
    found = predict_by_purchases(table, Trial(half, half + 1000), horizon_days=60)["expected_purchases"]
    churned = (later == 0)[1000:]
    assert found[churned].mean() > found[~churned].mean() + 0.1
    assert found.mean() == pytest.approx(churned.mean(), abs=0.05)


@pytest.mark.parametrize("dropped", ["recency__days__all", "orders__count__all"])
def test_subscriptions_without_purchases_have_no_such_baseline(dropped):
    table = features([3, 2], [9, 9], [2, 3], [0, 1]).drop_columns([dropped])
    rows = np.arange(2)
    assert predict_by_purchases(table, Trial(rows, rows), horizon_days=60) == {}


def test_where_nobody_came_back_there_is_no_rhythm():
    table = features([9, 4], [9, 4], [1, 1], [0, 1])
    rows = np.arange(2)
    assert predict_by_purchases(table, Trial(rows, rows), horizon_days=60) == {}
