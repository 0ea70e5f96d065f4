"""Subscriptions only: who runs without notice, whose last one ends, and who comes back in time."""

import datetime as dt
import random

import pandas as pd
import pytest
from tests.pipeline.conftest import labels_by_day

QUESTION = ("churn=cancellation", "churn.horizon_days=30", "churn.grace_days=7")
SMALL = (*QUESTION, "timeline.snapshots=10", "model.n_bags=1", "model.num_boost_round=60")
SOURCE = """
historical: true
tables:
  subscriptions:
    read: {read}
    columns: {{customer_id: acct, subscription_id: sub, started_at: von, cancelled_at: notice, ended_at: bis,
              plan: plan, monthly_value: price}}
"""
END = dt.date(2024, 6, 1)


def subscriptions(customers: int, seed: int = 2) -> pd.DataFrame:
    """Terms of some months; cheap plans end soon, and some of those who end come back."""
    draw = random.Random(seed)
    rows = []
    for customer in range(customers):
        at = END - dt.timedelta(days=draw.randrange(30, 500))
        for term in range(draw.choice([1, 1, 2])):
            plan = draw.choice(["basic", "basic", "pro"])
            end = at + dt.timedelta(days=round(draw.expovariate(1 / (130 if plan == "basic" else 3000))) + 5)
            notice = end - dt.timedelta(days=draw.choice([0, 3, 20]))
            rows.append(
                (f"a{customer:03d}", f"s{customer}-{term}", at, notice if notice < END else None,
                 end if end < END else None, plan, 9.0 if plan == "basic" else 49.0)
            )  # fmt: skip
            at = end + dt.timedelta(days=draw.choice([2, 5, 6, 7, 8, 30]))
            if at >= END:
                break
    return pd.DataFrame(rows, columns=["acct", "sub", "von", "notice", "bis", "plan", "price"])


def expected(table: pd.DataFrame, as_of: dt.date) -> dict[str, int]:
    """Eligible customers and their labels, one by one."""
    found = {}
    over = as_of + dt.timedelta(days=30)
    for customer, rows in table.groupby("acct"):
        columns = (rows[name].tolist() for name in ("von", "bis", "notice"))
        terms = [
            (von, bis or dt.date.max, notice or dt.date.max)
            for von, bis, notice in zip(*columns, strict=True)
        ]
        running = [term for term in terms if term[0] < as_of <= term[1]]
        if not any(as_of <= notice for _, _, notice in running):
            continue
        end = max(bis for _, bis, _ in running)
        for start, stop, _ in sorted(terms):
            if start >= as_of and end != dt.date.max and (start - end).days < 7:
                end = max(end, stop)
        found[str(customer)] = int(as_of <= end < over)
    return found


@pytest.fixture
def club(shop):
    """A shop that has subscriptions and nothing else."""
    table = subscriptions(700)
    shop.orders.write_text(table.to_csv(index=False), encoding="utf-8")
    shop.source.write_text(SOURCE.format(read=shop.orders), encoding="utf-8")
    return shop, table.astype(object).where(table.notna(), None)


def test_labels_are_those_counted_by_hand(club):
    shop, table = club
    called = shop.call("features", *QUESTION)
    assert called.code == 0, called.err
    found, labels = labels_by_day(shop.root / "data/features/shop")
    assert len(labels) > 5
    for day, labelled in labels.items():
        assert labelled == expected(table, day), day
    assert 0 < found["churned"].mean() < 1


@pytest.mark.slow
def test_train_and_score(club):
    shop, table = club
    called = shop.call("train", *SMALL)
    assert called.code == 0, called.err
    if not (shop.root / "models/champion").exists():
        pytest.fail(called.out)
    called = shop.call("score", "as_of=latest", *SMALL)
    assert called.code == 0, called.err
    (scored,) = (shop.root / "data/scores").iterdir()
    assert set(pd.read_parquet(scored / "scores.parquet")["customer_id"]) == set(
        expected(table, dt.date.fromisoformat(scored.name))
    )


def exported_ends(table: pd.DataFrame) -> list[dt.date]:
    """The period end as an export of today has it: the true end of what ended, else the next one to come."""
    return [end if end is not None else END + dt.timedelta(days=20 + row % 10)
            for row, end in enumerate(table["bis"])]  # fmt: skip


def honest_ends(table: pd.DataFrame) -> list[dt.date]:
    """The period end as it was agreed when the subscription began: a year later."""
    return [start + dt.timedelta(days=365) for start in table["von"]]


@pytest.mark.slow
@pytest.mark.parametrize(("ends", "code"), [(exported_ends, 4), (honest_ends, 0)])
def test_an_exported_period_end_that_knows_the_future_publishes_nothing(club, ends, code):
    shop, table = club
    shop.orders.write_text(table.assign(until=ends(table)).to_csv(index=False), encoding="utf-8")
    shop.source.write_text(
        SOURCE.format(read=shop.orders).replace("plan: plan", "plan: plan, renews_at: until"),
        encoding="utf-8",
    )
    trained = shop.call("train", *SMALL)
    assert trained.code == code, trained.err
    audited = shop.call("audit", *SMALL, "audit.dates=1")
    assert audited.code == code, audited.err
    scored = shop.call("score", "as_of=2024-06-01", *SMALL)
    if not code:
        assert scored.code == 0, scored.err
        return
    for called in (trained, audited):
        assert "subscription__since_renewal__all alone predicts churn" in called.block
        assert "tables.subscriptions" in called.block
    assert scored.code == 6
    assert "subscription__since_renewal__all" in scored.block
    assert not (shop.root / "data/at_risk").exists()
    accepted = shop.call("train", *SMALL, "gate.accept_leak=true")
    assert accepted.code == 0, accepted.err
    assert (shop.root / "models/champion").exists()
