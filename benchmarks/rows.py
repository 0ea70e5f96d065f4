"""How the AUC grows with the rows trained on: samples of customers, tested on the same rows of everybody.

`make bench-rows`, with ARGS="--customers 300 --shares 0.3,1" for a quick look: the demo company, no texts.
Each sample holds the smaller ones, as `timeline.max_rows` draws them. A run with the usual settings writes
its table to docs/scale.md.
"""

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from benchmarks.engines import fill
from benchmarks.report import machine
from sklearn.metrics import roc_auc_score

from holdfast import pipeline
from holdfast.artifacts.artifact import Root
from holdfast.config import load_config
from holdfast.contacts.snapshots import label_snapshots
from holdfast.features.extraction import sampled
from holdfast.model.training import train_model
from holdfast.runtime.caching import run_cached
from holdfast.runtime.context import RunContext
from holdfast.stages.simulate import simulate

CUSTOMERS = 1_000
SHARES = (0.03, 0.1, 0.3, 1.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on each sample and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--shares", type=lambda text: tuple(map(float, text.split(","))), default=SHARES)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="rows-") as root:
        table = measure(Path(root), chosen.customers, chosen.shares)
    print(table)
    if (chosen.customers, chosen.shares) == (CUSTOMERS, SHARES):
        fill("rows", table)


def measure(root: Path, customers: int, shares: Sequence[float]) -> str:
    """The table: share of the customers, rows, AUC on the same test rows, seconds."""
    words = [
        f"demo.customers={customers}", "demo.truth_weeks=16", "demo.truth_draws=1", "as_of=2026-04-06",
        f"paths.root={root}", "timeline.max_rows=100000000", "model.text=false", "tracking=off",
    ]  # fmt: skip
    config = load_config(words)
    context = RunContext(config, Root(config.paths.local, config.source.name), dt.datetime.now(dt.UTC))
    simulate(context)
    features = run_cached(context, pipeline.FEATURES)
    labelled = label_snapshots(
        features.table(), features.summary, None, config.timeline, config.churn.kind
    )  # fmt: skip
    ids, churned = labelled.rows["customer_id"], np.asarray(labelled.rows["churned"].to_numpy())
    lines = [
        f"The demo company of {customers:,} customers; {len(labelled.splits.test.valid):,} test rows, the "
        "same for each sample.",
        "",
        "| customers drawn | rows trained on | test AUC | seconds |",
        "|--:|--:|--:|--:|",
    ]
    for share in shares:
        began = time.monotonic()
        left_out = ~sampled(pa.chunked_array(ids), share)
        splits = labelled.splits.drop_rows(left_out, churned)
        trained = train_model(
            labelled.rows, splits, config.model, features.summary.columns, seed=config.seed,
            threads=config.threads, progress=lambda _: None,
        )  # fmt: skip
        reached = roc_auc_score(churned[splits.test.valid], trained.test_probability)
        lines.append(
            f"| {share:.0%} | {len(splits.test.train):,} | {reached:.4f} | {time.monotonic() - began:.0f} |"
        )
    return "\n".join([*lines, "", machine()])


if __name__ == "__main__":
    main()
