"""Generated scans: compiled and as plain Python they give the same bits, and they are cached."""

import dataclasses
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from tests.features.extra import EXTRA
from tests.features.logs import Row, arranged, day, first_days, streams_of, values_of

from holdfast.features import compiled, scan
from holdfast.features.compute import Rows, compute
from holdfast.features.families import FAMILIES
from holdfast.features.measures import select
from holdfast.features.plan import Plan, plan_features
from holdfast.features.scan_source import generate
from holdfast.snapshots.moments import micros
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
    return (
        plan_features((*FAMILIES, EXTRA), values_of(streams), WINDOWS),
        facts,
        rows,
        first_days(facts, dates),
    )


def test_compiled_it_gives_the_same_bits(prepared, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(compiled, "work_done", Counter())
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    plain = compute(*prepared)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(compiled, "MIN_WORK", 0)
    fast = compute(*prepared)
    assert set(fast) == set(plain)
    for name, column in plain.items():
        assert fast[name].equals(column), name
    assert any(pa.types.is_floating(column.type) and column.null_count < 6 for column in fast.values())
    cached = sorted(tmp_path.glob("scan_*.py"))
    assert len(cached) >= len(prepared[0].scans)
    assert all("def scan(" in path.read_text(encoding="utf-8") for path in cached)


def test_a_plan_has_one_source(prepared) -> None:
    plan, facts, rows, _ = prepared
    (name, one), *_ = plan.scans.items()
    measures = scan.by_selection(measure for measure, _ in one.values)
    source = generate(measures, one.since, facts[name])
    assert source == generate(measures, one.since, facts[name])
    assert compiled.load_scan(source, 0) is compiled.load_scan(source, 0)
    assert len(rows.customer) == 6


def test_other_levels_do_not_need_another_source(prepared) -> None:
    """The codes of levels differ between buckets; they are handed to the scan, not written into it."""
    _, facts, _, _ = prepared
    measures = [select("purchase").where(channel="web").count()]
    other = dataclasses.replace(facts["transactions"], levels={"channel": ("app", "shop", "web")})
    assert generate(measures, (), other) == generate(measures, (), facts["transactions"])
    found = [
        scan.WindowScan(one, [(measures[0], 0)], (), 1).constants for one in (facts["transactions"], other)
    ]
    assert [constants.tolist() for constants in found] == [[1.0], [2.0]]
