"""How well a column ranks from date to date: what rises was overwritten, what is level was there."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.auc_trend import attribute_columns, judge_trends, measure_trends, mutable_columns
from holdfast.audit.settings import AuditSettings

SETTINGS = AuditSettings(dates=3, max_customers=1000, suspicious_auc=0.93, leak_auc=0.98, min_churners=50)
CUSTOMERS, DATES = 2500, 10
COLUMN = "profile__state__all"
DRAW = np.random.default_rng(4)
RESTLESS = DRAW.random(CUSTOMERS) < 0.3  # they stay a third as long
JOINED_AT = DRAW.uniform(-8, DATES - 1, CUSTOMERS)
GONE_AT = JOINED_AT + DRAW.exponential(np.where(RESTLESS, 3, 9))
ID = np.arange(CUSTOMERS).repeat(DATES)
AT = np.tile(np.arange(DATES), CUSTOMERS)
HERE = (JOINED_AT[ID] <= AT) & (GONE_AT[ID] > AT)  # eligible
LEFT = GONE_AT[ID] < AT + 2.5
TODAY = DATES + 1.5  # the newest outcome is nearly over


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def snapshots(values: np.ndarray, dates: int = DATES) -> pa.Table:
    """One row a customer and date where they are there; `values` by customer."""
    rows = HERE & (DATES - dates <= AT)
    column = pa.array(values[ID][rows], from_pandas=True)
    texts = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return pa.table(
        {
            "customer_id": [f"c{one}" for one in ID[rows]],
            "as_of": [dt.date(2026, 1, 1) + dt.timedelta(days=30 * int(at)) for at in AT[rows]],
            "churned": LEFT[rows].astype(float),
            COLUMN: column.dictionary_encode() if texts else column,
        }
    )


def judged(values: np.ndarray, *, undated: bool = True, dates: int = DATES) -> list[tuple[str, str]]:
    found = measure_trends(snapshots(values, dates), [COLUMN], SETTINGS.min_churners)
    hidden = {COLUMN: "state"} if undated else {}
    return [(one.severity, one.rule) for one in judge_trends(found, {COLUMN: "customers"}, hidden, SETTINGS)]


def closed() -> np.ndarray:
    return np.where(GONE_AT < TODAY, "closed", "active")


def mostly_closed() -> np.ndarray:
    draw = random()
    return np.where(draw.random(CUSTOMERS) < 0.2, draw.choice(["closed", "active"], CUSTOMERS), closed())


def lapsed_segment() -> np.ndarray:
    return np.where(GONE_AT < TODAY, "lapsed", random().choice(["gold", "silver", "bronze"], CUSTOMERS))


def closing_day() -> np.ndarray:
    return np.where(GONE_AT < TODAY, GONE_AT, np.nan)  # null: not closed; whether there is one tells


def state_code() -> np.ndarray:
    codes = random().choice([1.0, 2.0, 8.0, 9.0], CUSTOMERS)
    return np.where(GONE_AT < TODAY, 5.0, codes)  # neither the lowest nor the highest


@pytest.mark.parametrize("values", [closed, mostly_closed, lapsed_segment, closing_day, state_code])
@pytest.mark.parametrize("undated", [True, False])
def test_what_an_export_overwrote_is_a_leak(values: Callable[[], np.ndarray], undated: bool) -> None:
    assert ("leak", "knows_the_newest") in judged(values(), undated=undated)


def test_what_most_of_those_who_left_have_is_suspicious() -> None:
    most = np.where((GONE_AT < TODAY) & (random().random(CUSTOMERS) < 0.7), "lapsed", "usual")
    assert ("suspicious", "knows_the_newest") in judged(most)


def test_a_total_to_this_day_fades() -> None:
    total = np.minimum(GONE_AT, 6) + random().normal(0, 0.3, CUSTOMERS)  # it was counted until the sixth date
    assert judged(total) == [("suspicious", "knows_the_oldest")]
    assert judged(total, undated=False) == []


def country() -> np.ndarray:
    return random().choice(["GR", "LT", "IR", "DE"], CUSTOMERS)


def own_level() -> np.ndarray:
    return np.array([f"postcode {one}" for one in range(CUSTOMERS)])


def restless() -> np.ndarray:
    """Known all the time, and it tells a lot."""
    return np.where(RESTLESS, "trial", "usual")


def signed_up() -> np.ndarray:
    return JOINED_AT


def constant() -> np.ndarray:
    return np.full(CUSTOMERS, 1.0)


@pytest.mark.parametrize("values", [country, own_level, restless, signed_up, constant])
def test_ordinary_attributes_are_no_finding(values: Callable[[], np.ndarray]) -> None:
    assert judged(values()) == []


def test_few_dates_show_only_what_is_perfect() -> None:
    perfect = np.where(GONE_AT < DATES - 1 + 2.5, "closed", "active")
    assert judged(perfect, dates=1) == [("leak", "knows_the_newest")]
    assert judged(perfect, dates=1, undated=False) == []
    assert judged(mostly_closed(), dates=2) == []


def test_signals_that_are_there_at_the_time_are_level_from_date_to_date() -> None:
    table = snapshots(country())
    silent = pa.array(np.where(LEFT[HERE], 1.0, 0.0) + random().normal(0, 0.8, HERE.sum()))
    table = table.append_column("recency__days__all", silent)
    (found,) = measure_trends(table, ["recency__days__all"], 50)
    assert found.recent > 0.75
    assert abs(found.rise) < 0.1


def test_only_what_no_experiment_can_date_is_looked_at() -> None:
    rows = snapshots(country()).append_column("recency__days__all", pa.array(np.zeros(HERE.sum())))
    names = [COLUMN, "recency__days__all"]
    assert mutable_columns(rows, names, {}) == [COLUMN]
    assert attribute_columns([*names, "profile__a__b__all"], ["state", "a__b", "other"]) == {
        COLUMN: "state", "profile__a__b__all": "a__b",
    }  # fmt: skip
