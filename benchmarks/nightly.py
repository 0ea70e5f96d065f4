"""What the next night costs: a two-year log, one more day, and the same day from nothing beside it.

    python benchmarks/nightly.py                       200,000 lines
    python benchmarks/nightly.py --lines 2500000       what docs/nightly.md quotes

Writes a shop's log as one CSV a day, a file of tickets that is rewritten every night and a file of
customers; trains and scores; adds a day; scores the next morning twice, each in a new process: where the
last night's files stand, and below a root with nothing but the models and the earlier lists. Fails unless
both come to the same validated and rejected rows, features, scores and list.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

CALL = "call"  # as first word: run `holdfast` in this process, and time its steps
FIRST_DAY = dt.date(2024, 1, 1)
PRODUCTS = 2_000
LATE = 0.03  # the share of lines that a branch sends in days later
QUESTION = ("churn.horizon_days=30", "churn.active_within_days=90", "tracking=off", "source=benchmark")
SOURCE = """
currency: EUR
tables:
  transactions:
    read: {raw}/lines
    columns: {{customer_id: customer, transaction_id: invoice, line_id: line, occurred_at: sold_at,
              known_at: loaded_at, amount: quantity * price, quantity: quantity, product_id: sku,
              channel: channel}}
  tickets:
    read: {raw}/tickets.csv
    columns: {{customer_id: customer, ticket_id: ticket, opened_at: opened, resolved_at: closed,
              category: topic, priority: urgency}}
  customers:
    read: {raw}/customers.csv
    columns: {{customer_id: customer, name: name, country: country}}
    attributes: [country]
"""


class Night(NamedTuple):
    """One call: its seconds, those of the processor, those of each step, and the most memory held, in MB."""

    seconds: float
    processor: float
    steps: dict[str, float]
    peak: float


def main() -> int:
    """Make the log, run both mornings, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--folder", type=Path, help="kept afterwards; default: a temporary one")
    parser.add_argument("--settings", nargs="*", default=[], help="such as engine.memory=1GB")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        return run(folder, given.lines, given.days, tuple(given.settings))


def run(folder: Path, lines: int, days: int, settings: tuple[str, ...]) -> int:
    """The whole benchmark below `folder`."""
    raw, standing, fresh = folder / "raw", folder / "standing", folder / "fresh"
    log, tickets = make_log(lines, days + 1), make_tickets(lines // 12, days + 1)
    write_days(raw, log, range(days))
    write_tickets(raw, tickets, days)
    write_customers(raw, log)
    (folder / "conf" / "source").mkdir(parents=True, exist_ok=True)
    (folder / "conf" / "source" / "benchmark.yaml").write_text(SOURCE.format(raw=raw), encoding="utf-8")
    today, tomorrow = (FIRST_DAY + dt.timedelta(days=number) for number in (days, days + 1))
    show("train", holdfast(folder, standing, "train", f"as_of={today}", *settings))
    show("first list", holdfast(folder, standing, "score", f"as_of={today}", *settings))
    write_days(raw, log, [days])
    write_tickets(raw, tickets, days + 1)
    for part in ("models", "data/at_risk", "data/holdout", ".cache"):  # the last: compiled code
        shutil.copytree(standing / part, fresh / part, symlinks=True)
    next_night = holdfast(folder, standing, "score", f"as_of={tomorrow}", *settings)
    from_nothing = holdfast(folder, fresh, "score", f"as_of={tomorrow}", *settings)
    show("next night", next_night)
    show("from nothing", from_nothing)
    for step in from_nothing.steps:
        ratio = next_night.steps.get(step, 0.0) / from_nothing.steps[step]
        sys.stdout.write(f"{step:<14}{ratio:>8.0%}\n")
    sys.stdout.write(f"{'in all':<14}{next_night.seconds / from_nothing.seconds:>8.0%}\n")
    sys.stdout.write(f"{'of processor':<14}{next_night.processor / from_nothing.processor:>8.0%}\n")
    differing = differences(standing, fresh, tomorrow)
    sys.stdout.write("the same\n" if not differing else "DIFFERENT: " + ", ".join(differing) + "\n")
    return 1 if differing else 0


def make_log(lines: int, days: int) -> pd.DataFrame:
    """Lines in the order in which they were loaded: customers who buy in a rhythm until they stop."""
    draw = np.random.default_rng(1)
    customers = max(50, lines // 17)
    begins, rhythm = draw.uniform(-200, days, customers), draw.lognormal(3.2, 0.7, customers)
    stops = begins + draw.exponential(500, customers)
    orders = np.clip((np.minimum(stops, days) - np.maximum(begins, 0)) / rhythm, 0, 200).astype(int) + 1
    who = np.repeat(np.arange(customers), orders)
    since = np.maximum(begins, 0)[who]
    at = since + draw.uniform(0, 1, len(who)) * (np.maximum(np.minimum(stops, days)[who] - since, 0.5))
    size = draw.integers(1, 5, len(who))
    order = np.repeat(np.arange(len(who)), size)
    order = order[np.sort(draw.permutation(len(order))[: min(lines, len(order))])]
    sold = np.minimum(at[order], days - 0.01)
    late = np.where(draw.uniform(size=len(order)) < LATE, draw.integers(1, 4, len(order)), 0)
    loaded = np.floor(sold) + late + 0.99
    kept = loaded < days
    order, sold, loaded = order[kept], sold[kept], loaded[kept]
    sku = (PRODUCTS * draw.uniform(size=len(order)) ** 2).astype(int)
    start = np.datetime64(FIRST_DAY, "s")
    frame = pd.DataFrame(
        {
            "customer": pd.Series(who[order]).map("{:07d}".format),
            "invoice": order,
            "sold_at": start + (sold * 86_400).astype("timedelta64[s]"),
            "loaded_at": start + (loaded * 86_400).astype("timedelta64[s]"),
            "sku": pd.Series(sku).map("P{:05d}".format),
            "quantity": draw.integers(1, 5, len(order)),
            "price": np.round(1 + sku % 97 * (1 + 0.1 * sold / days), 2),
            "channel": draw.choice(["shop", "web", "phone"], len(order)),
        }
    )
    frame = frame.sort_values(["loaded_at", "sold_at", "invoice"], kind="stable", ignore_index=True)
    frame.insert(0, "line", frame.index)
    return frame


def make_tickets(number: int, days: int) -> pd.DataFrame:
    """Tickets with the day on which each was opened and closed."""
    draw = np.random.default_rng(2)
    opened = np.sort(draw.uniform(0, days, number))
    start = np.datetime64(FIRST_DAY, "s")
    closed = opened + draw.exponential(4, number)
    return pd.DataFrame(
        {
            "ticket": np.arange(number),
            "customer": pd.Series(draw.integers(0, max(50, number * 12 // 17), number)).map("{:07d}".format),
            "opened": start + (opened * 86_400).astype("timedelta64[s]"),
            "closed": start + (closed * 86_400).astype("timedelta64[s]"),
            "topic": draw.choice(["delivery", "billing", "quality"], number),
            "urgency": draw.choice(["low", "normal", "urgent"], number),
        }
    )


def write_days(raw: Path, log: pd.DataFrame, days: Iterable[int]) -> None:
    """One CSV a day of loading."""
    folder = raw / "lines"
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(log, preserve_index=False)
    day = (log["loaded_at"] - pd.Timestamp(FIRST_DAY)).dt.days.to_numpy()
    for number in days:
        first, end = np.searchsorted(day, [number, number + 1])
        name = f"{FIRST_DAY + dt.timedelta(days=int(number))}.csv"
        pa_csv.write_csv(table.slice(first, end - first), folder / name)


def write_tickets(raw: Path, tickets: pd.DataFrame, days: int) -> None:
    """All tickets as they stood after so many days: the file is rewritten every night."""
    end = pd.Timestamp(FIRST_DAY) + pd.Timedelta(days=days)
    known = tickets[tickets["opened"] < end]
    known = known.assign(closed=known["closed"].where(known["closed"] < end))
    known.to_csv(raw / "tickets.csv", index=False)


def write_customers(raw: Path, log: pd.DataFrame) -> None:
    """Everybody who ever buys."""
    who = log["customer"].drop_duplicates().sort_values()
    countries = np.array(["LT", "PL", "DE", "NL"])[who.astype(int) % 4]
    columns = {"customer": who, "name": "Customer " + who, "country": countries}
    pd.DataFrame(columns).to_csv(raw / "customers.csv", index=False)


def holdfast(folder: Path, root: Path, *words: str, question: Sequence[str] = QUESTION) -> Night:
    """A stage in a process of its own."""
    command = [sys.executable, __file__, CALL, *words, *question, f"paths.root={root}"]
    night, text = measure([*command, "--config-dir", str(folder / "conf")])
    steps = json.loads(text.splitlines()[-1])
    return night._replace(steps=steps | {"start": night.seconds - sum(steps.values())})


def measure(command: Sequence[str]) -> tuple[Night, str]:
    """Run a command in a process of its own; what it took, and what it printed.

    Raises:
        SystemExit: it failed.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise SystemExit(text)
    return Night(seconds, usage.ru_utime + usage.ru_stime, {}, usage.ru_maxrss / 1024), text


def call(words: list[str]) -> int:
    """`holdfast` as a command; last of all, the seconds of each step without those of steps within it."""
    from holdfast.cli import main as command
    from holdfast.runtime import caching

    steps: dict[str, float] = {}
    real = caching._make_or_reuse

    def timed(context: Any, stage: Any) -> Any:
        before, started = sum(steps.values()), time.monotonic()
        result = real(context, stage)
        within = sum(steps.values()) - before
        steps[stage.name] = steps.get(stage.name, 0.0) + time.monotonic() - started - within
        return result

    with mock.patch.object(caching, "_make_or_reuse", timed):
        code = command(words)
    sys.stdout.write("\n" + json.dumps(steps))
    return code


def show(name: str, night: Night) -> None:
    """A line for the whole call."""
    steps = "".join(f"  {step} {seconds:.1f}" for step, seconds in night.steps.items())
    sys.stdout.write(
        f"{name:<14}{night.seconds:8.1f} s{night.processor:8.1f} s of processor{night.peak:8.0f} MB {steps}\n"
    )
    sys.stdout.flush()


def differences(standing: Path, fresh: Path, day: dt.date) -> list[str]:
    """The files in which the two roots differ."""
    found = []
    patterns = ("data/*/benchmark/*.parquet/*", f"data/scores/{day}/model_input/part-*.parquet")
    names = [path.relative_to(fresh) for pattern in patterns for path in sorted(fresh.glob(pattern))]
    for name in [*names, Path(f"data/scores/{day}/scores.parquet")]:
        if (standing / name).read_bytes() != (fresh / name).read_bytes():
            found.append(str(name))
    lists = [pd.read_csv(root / f"data/at_risk/{day}/at_risk.csv", dtype=str) for root in (standing, fresh)]
    if not lists[0].drop(columns="run_id").equals(lists[1].drop(columns="run_id")):
        found.append("at_risk.csv")
    return found


if __name__ == "__main__":
    sys.exit(call(sys.argv[2:]) if sys.argv[1:2] == [CALL] else main())
