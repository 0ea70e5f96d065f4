"""BG/NBD: the paper's own figures, the likelihood against integration, parameters found again."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, gamma

from holdfast.model.baselines import predict_bg_nbd
from holdfast.model.bg_nbd import BGNBD, fit_bg_nbd
from holdfast.model.splits import Split

CDNOW = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)  # table 2 of the paper, in weeks


def simulate(model: BGNBD, customers: int, days: float, seed: int) -> tuple[np.ndarray, ...]:
    """Customers who live by the model: frequency, recency, age, and purchases in the `days` after."""
    random = np.random.default_rng(seed)
    rate = random.gamma(model.r, 1 / model.alpha, customers)
    leaves = random.beta(model.a, model.b, customers)
    age = random.uniform(100, 700, customers)
    frequency, recency, later = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    at, alive = np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        at = at + random.exponential(1 / rate)
        alive &= at < age + days
        past = alive & (at < age)
        frequency[past] += 1
        recency[past] = at[past]
        later[alive & ~past] += 1
        alive &= random.random(customers) >= leaves
    return frequency, recency, age, later


def test_the_papers_customer_is_expected_to_buy_1_226_times():
    found = CDNOW.predict(np.array([2.0]), np.array([30.43]), np.array([38.86]), 39)
    assert found[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(("frequency", "recency", "age"), [(0, 0.0, 30.0), (1, 12.0, 30.0), (6, 25.0, 26.0)])
def test_the_likelihood_is_that_of_the_story(frequency, recency, age):
    """Integrated over all customers: they buy at a rate, and leave after a purchase with a probability."""
    stays, _ = quad(lambda p: beta.pdf(p, CDNOW.a, CDNOW.b) * (1 - p) ** frequency, 0, 1)
    alive, _ = quad(
        lambda rate: gamma.pdf(rate, CDNOW.r, scale=1 / CDNOW.alpha) * rate**frequency * np.exp(-rate * age),
        0, np.inf,
    )  # fmt: skip
    expected = stays * alive
    if frequency:
        goes, _ = quad(lambda p: beta.pdf(p, CDNOW.a, CDNOW.b) * p * (1 - p) ** (frequency - 1), 0, 1)
        until, _ = quad(
            lambda rate: (
                gamma.pdf(rate, CDNOW.r, scale=1 / CDNOW.alpha) * rate**frequency * np.exp(-rate * recency)
            ),
            0, np.inf,
        )  # fmt: skip
        expected += goes * until
    found = CDNOW.log_likelihood(np.array([float(frequency)]), np.array([recency]), np.array([age]))
    assert np.exp(found[0]) == pytest.approx(expected, rel=1e-4)


def test_parameters_and_purchases_are_found_again():
    true = BGNBD(r=0.8, alpha=30.0, a=1.2, b=2.5)
    frequency, recency, age, later = simulate(true, customers=8000, days=60, seed=1)
    found = fit_bg_nbd(frequency, recency, age)
    assert found.r / found.alpha == pytest.approx(true.r / true.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(true.a / (true.a + true.b), rel=0.1)
    expected = found.predict(frequency, recency, age, 60)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.1)
    best = expected >= np.quantile(expected, 0.8)
    assert expected[best].mean() == pytest.approx(later[best].mean(), rel=0.1)


@settings(deadline=None)
@example(frequency=0, age=10.0, part=0.0, days=60.0, parameters=(1.0, 1.0, 0.5, 0.5))
@example(frequency=3, age=10.0, part=1.0, days=60.0, parameters=(1.0, 1.0, 1.0, 1.0))
@given(
    frequency=st.integers(0, 2000),
    age=st.floats(1, 5000),
    part=st.floats(0, 1),
    days=st.floats(1, 400),
    parameters=st.tuples(*[st.floats(0.01, 100)] * 4),
)
def test_expected_purchases_are_numbers_whatever_the_customer(frequency, age, part, days, parameters):
    model = BGNBD(*parameters)
    found = model.predict(np.array([float(frequency)]), np.array([age * part]), np.array([age]), days)
    assert np.isfinite(found[0])
    assert found[0] >= 0


def test_longer_silence_expects_less_of_a_regular_customer():
    recency = np.array([300.0, 250.0, 200.0, 100.0])
    found = CDNOW.predict(np.full(4, 20.0), recency, np.full(4, 305.0), 60)
    assert (np.diff(found) < 0).all()


@pytest.mark.parametrize(
    ("frequency", "recency", "words"),
    [([0.0, 0.0], [0.0, 0.0], "nobody has a repeat purchase"), ([1, 1], [50, 9], "between")],
)
def test_what_cannot_be_learned_from_is_refused(frequency, recency, words):
    with pytest.raises(ValueError, match=words):
        fit_bg_nbd(np.array(frequency, float), np.array(recency, float), np.array([20.0, 20.0]))


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
    frequency, recency, age, later = simulate(BGNBD(1.0, 30.0, 1.0, 3.0), 2000, 60, seed=2)
    table = features(age - recency, age, frequency + 1, later == 0)
    table = table.set_column(0, "as_of", pa.array([19000] * 2000, pa.date32()))
    half = np.arange(1000)
    found = predict_bg_nbd(table, Split(half, half + 1000), horizon_days=60)["expected_purchases"]
    churned = (later == 0)[1000:]
    assert found[churned].mean() > found[~churned].mean() + 0.1
    assert found.mean() == pytest.approx(churned.mean(), abs=0.05)


@pytest.mark.parametrize("dropped", ["recency__days__all", "orders__count__all"])
def test_subscriptions_without_purchases_have_no_such_baseline(dropped):
    table = features([3, 2], [9, 9], [2, 3], [0, 1]).drop_columns([dropped])
    rows = np.arange(2)
    assert predict_bg_nbd(table, Split(rows, rows), horizon_days=60) == {}


def test_where_nobody_came_back_there_is_no_rhythm():
    table = features([9, 4], [9, 4], [1, 1], [0, 1])
    rows = np.arange(2)
    assert predict_bg_nbd(table, Split(rows, rows), horizon_days=60) == {}
