"""Score a large company from raw Parquet to a CSV with reasons, beside the usual recipe, in one run.

    python -m benchmarks.scoring                       a million customers, 20 million lines
    python -m benchmarks.scoring --customers 50000     a quick look
    python -m benchmarks.scoring --write               puts the result into benchmarks/README.md

Both get the same log, the same day and the same question; training is not timed. The usual recipe reads the
log with pandas, makes the 33 features of `bench-features`, predicts by an MLflow pyfunc, explains everybody
by `shap.TreeExplainer` and writes a CSV. Holdfast checks every row, makes all its features, scores
everybody, explains and writes the list, then scores the next morning with one day more.
"""

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from benchmarks.log import LogSettings, standing_log
from benchmarks.nightly import Night, holdfast, measure
from benchmarks.peers.task import ACTIVE_DAYS, Task
from benchmarks.peers.usual_recipe import HORIZON_DAYS
from benchmarks.report import fill, machine, promise

LINES_A_CUSTOMER = 20
FASTER, MOST_MB, NEXT_SHARE = 20, 2048, 0.3
DAY = dt.timedelta(days=1)
QUESTION = (
    f"churn.horizon_days={HORIZON_DAYS}", f"churn.active_within_days={ACTIVE_DAYS}", "source=benchmark",
    "tracking=off",
)  # fmt: skip
TRAINING = ("timeline.snapshots=6", "timeline.max_rows=30000")
SOURCE = """
currency: EUR
tables:
  transactions:
    read: {raw}/*.parquet
    columns: {{customer_id: customer_id, transaction_id: transaction_id, occurred_at: occurred_at,
              known_at: known_at, amount: amount, quantity: quantity, discount: discount}}
"""


def main() -> None:
    """Run both, print the table, and write it down if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    given = parser.parse_args()
    log = LogSettings(given.customers * LINES_A_CUSTOMER, given.customers, 1, 1)
    with tempfile.TemporaryDirectory() as temporary:
        text = compare(log, Path(temporary))
    sys.stdout.write(text + "\n")
    if given.write:
        fill("scoring", text)


def compare(log: LogSettings, folder: Path) -> str:
    """Score the same customers both ways; the table.

    Raises:
        SystemExit: they did not score the same number of customers.
    """
    day = log.as_of_dates()[-1]
    raw = folder / "raw"
    raw.mkdir()
    write_days(standing_log(log, Path(".cache/bench")), raw / "before.parquet", None, day)
    (folder / "conf" / "source").mkdir(parents=True)
    (folder / "conf" / "source" / "benchmark.yaml").write_text(SOURCE.format(raw=raw), encoding="utf-8")
    usual = usual_recipe(raw / "before.parquet", folder / "usual", day)
    root = folder / "root"
    holdfast(folder, root, "train", f"as_of={day}", *TRAINING, question=QUESTION)
    for made in ("data/validated", "data/rejected", "data/features"):
        (root / made).rename(folder / made.replace("/", "-"))  # the first list reads everything anew
    first = holdfast(folder, root, "score", f"as_of={day}", question=QUESTION)
    scored = pq.read_metadata(root / f"data/scores/{day}/scores.parquet").num_rows
    expected = sum(1 for _ in (folder / "usual" / "scores.csv").open()) - 1
    if scored != expected:
        raise SystemExit(f"Holdfast scored {scored:,} customers, the usual recipe {expected:,}")
    write_days(standing_log(log, Path(".cache/bench")), raw / "next.parquet", day, day + DAY)
    following = holdfast(folder, root, "score", f"as_of={day + DAY}", question=QUESTION)
    return describe(log, scored, usual, first, following)


def write_days(log: Path, path: Path, since: dt.date | None, until: dt.date) -> None:
    """Write the lines of a log that became known from a day on, and before another."""
    low = dt.date(1970, 1, 1) if since is None else since
    duckdb.execute(
        f"COPY (FROM '{log}' WHERE known_at >= DATE '{low}' AND known_at < DATE '{until}') TO '{path}'"
    )


def usual_recipe(log: Path, folder: Path, day: dt.date) -> Night:
    """Train the usual recipe's model, then score in a process of its own; what the scoring took."""
    folder.mkdir()
    task = Task(log, folder, folder, (day,), 2).to_json()
    command = [sys.executable, "-m", "benchmarks.peers.usual_recipe"]
    measure([*command, "train", task, str(folder / "model")])
    return measure([*command, "score", task, str(folder / "model")])[0]


def describe(log: LogSettings, scored: int, usual: Night, first: Night, following: Night) -> str:
    """The table, and what was promised."""
    ways = {"the usual recipe": usual, "Holdfast": first, "Holdfast, the next morning": following}
    ratio, share = usual.seconds / first.seconds, following.seconds / first.seconds
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in first.steps.items())
    return "\n".join([
        f"{scored:,} customers scored, of {log.customers:,} with {log.transactions:,} lines.",
        "",
        "| | seconds | processor seconds | most memory |",
        "|---|--:|--:|--:|",
        *(f"| {name} | {night.seconds:,.0f} | {night.processor:,.0f} | {night.peak:,.0f} MB |"
          for name, night in ways.items()),
        "",
        f"Holdfast's seconds: {steps}.",
        "",
        *(f"- {promise(what, met)}" for what, met in (
            (f"{FASTER} times faster than the usual recipe: {ratio:.1f} times", ratio >= FASTER),
            (f"below {MOST_MB:,} MB: {first.peak:,.0f} MB", first.peak < MOST_MB),
            (f"the next morning at most {NEXT_SHARE} of the first: {share:.2f}", share <= NEXT_SHARE),
        )),
        "",
        machine(),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
