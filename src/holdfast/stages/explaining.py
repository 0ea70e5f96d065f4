"""explain: what drives churn at one as-of date, and each customer's reasons."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.engine.extract import read_features
from holdfast.explain.explanations import (
    Explanation,
    customer_reasons,
    explain,
    importance,
    typical_customer,
)
from holdfast.explain.reasons import StatedReason
from holdfast.job import Job, Make, Manifest, Result
from holdfast.model.bundle import Bundle, load
from holdfast.reports.training import draw_drivers
from holdfast.stages.texts import read_texts
from holdfast.tracking import Run

TRACKED = ("importance.csv", "importance.png", "beeswarm.png")  # the rest names customers: it stays here
TOLD = "reasons.parquet"
MOST_ROWS = 20_000  # explained at once; of more customers an evenly drawn sample


def make(job: Job, model: Result, data: Result) -> Make:
    """Write importance.csv, contributions.parquet, reasons.parquet and the plots."""

    def explanations(out: Path, manifest: Manifest, run: Run) -> None:
        bundle = load(model.folder / "bundle")
        everyone = bundle.with_texts(read_features(data.folder), read_texts(data))
        table = sample(everyone, job.config.seed)
        job.say(f"explaining {table.num_rows:,} customers")
        explanation = explain(bundle, table)
        importance(bundle, explanation).to_csv(out / "importance.csv", index=False)
        pq.write_table(contributions(bundle, table, explanation), out / "contributions.parquet")
        texts = job.config.reasons[job.config.language]
        told = customer_reasons(bundle, explanation, table, texts, typical_customer(everyone))
        reasons(table, told).to_parquet(out / TOLD, index=False)
        draw_drivers(out, bundle, explanation)
        manifest |= {
            "as_of": data.manifest["as_of"],
            "model_version": model.folder.name,
            "customers": table.num_rows,
            "language": job.config.language,
        }
        run.metrics({"customers": table.num_rows})
        for name in TRACKED:
            run.artifact(out / name, "explanations")

    return explanations


def sample(table: pa.Table, seed: int) -> pa.Table:
    """All customers, or a random sample of them in their order."""
    if table.num_rows <= MOST_ROWS:
        return table
    drawn = np.random.default_rng(seed).choice(table.num_rows, MOST_ROWS, replace=False)
    return table.take(pa.array(np.sort(drawn)))


def contributions(bundle: Bundle, table: pa.Table, explanation: Explanation) -> pa.Table:
    """One row a customer: base + all features = margin (log-odds before calibration); the probability."""
    columns = {
        "customer_id": table["customer_id"],
        "churn_probability": bundle.calibration.apply(explanation.margin),
        "margin": explanation.margin,
        "base": explanation.contributions[:, -1],
    }
    added = {name: explanation.contributions[:, place] for place, name in enumerate(bundle.columns.names)}
    return pa.table({**columns, **added})


def reasons(table: pa.Table, told: list[list[StatedReason]]) -> pd.DataFrame:
    """One row a customer and reason, key (customer_id, position)."""
    rows = [
        (customer, position, *reason)
        for customer, several in zip(table["customer_id"].to_pylist(), told, strict=True)
        for position, reason in enumerate(several, start=1)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "position", "code", "contribution", "text"])
