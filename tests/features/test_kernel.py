"""The walk as written out: compiled and as it is, it says the same to the bit, and it is kept."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from tests.features.logs import Row, arranged, day, first_days, streams_of

from holdfast.features import kernel, walk
from holdfast.features.compute import Rows, compute
from holdfast.features.families import FAMILIES
from holdfast.features.plan import Plan, plan_features
from holdfast.snapshots.cohorts import micros
from holdfast.streams.facts import Facts

DATES = (40, 75)
WINDOWS = (7, 30)


def log() -> dict[str, list[Row]]:
    """Three customers who buy, write and answer, some of it known late."""
    draw = np.random.default_rng(7)
    lines, opened = [], []
    for number in range(300):
        at = float(draw.uniform(0, 80))
        late = float(draw.choice([0, 0, 0.3, 9]))
        lines.append(
            {
                "customer_id": str(draw.choice(["a", "b", "c"])),
                "transaction_id": f"o{draw.integers(90)}",
                "occurred_at": day(at),
                "known_at": day(at + late),
                "amount": float(draw.choice([0.1, 0.7, 12.3, -3.3])),
                "quantity": float(draw.integers(1, 5)),
                "product_id": str(draw.choice(["tea", "jam", "rye"])),
                "channel": str(draw.choice(["web", "shop"])),
            }
        )
        if number % 6 == 0:
            ticket = {"ticket_id": f"t{number}", "category": str(draw.choice(["late", "broken"]))}
            times = {"opened_at": day(at), "resolved_at": day(at + 2), "csat_at": day(at + 5)}
            opened.append({"customer_id": "a", **ticket, **times, "csat": float(draw.integers(1, 6))})
    return {"transactions": lines, "tickets": opened}


@pytest.fixture(scope="module")
def prepared() -> tuple[Plan, dict[str, Facts], Rows, dict[str, dict[int, int]]]:
    """The plan of every family on that log, its facts, and a row for each customer and date."""
    streams = streams_of(log())
    ids, facts = arranged(streams)
    dates = [day(number).date() for number in DATES]
    rows = Rows(
        np.repeat(np.arange(len(ids)), len(dates)),
        np.tile(np.array([micros(date) for date in dates], np.int64), len(ids)),
    )
    return plan_features(FAMILIES, streams, WINDOWS), facts, rows, first_days(facts, dates)


def test_compiled_it_says_the_same_to_the_bit(prepared, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(kernel, "worked", Counter())
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    as_it_is = compute(*prepared)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(kernel, "WORTH_COMPILING", 0)
    compiled = compute(*prepared)
    assert set(compiled) == set(as_it_is)
    for name, column in as_it_is.items():
        assert compiled[name].equals(column), name
    assert any(pa.types.is_floating(column.type) and column.null_count < 6 for column in compiled.values())
    kept = sorted(tmp_path.glob("walk_*.py"))
    assert len(kept) >= len(prepared[0].walks)
    assert all("def walk(" in path.read_text(encoding="utf-8") for path in kept)


def test_a_plan_is_written_the_same_way_every_time(prepared) -> None:
    plan, facts, rows, _ = prepared
    (name, one), *_ = plan.walks.items()
    measures = walk.grouped(measure for measure, _ in one.cells)
    source = kernel.write(measures, one.limits, facts[name])
    assert source == kernel.write(measures, one.limits, facts[name])
    assert kernel.walker(source, 0) is kernel.walker(source, 0)
    assert len(rows.customer) == 6
