"""explain: model and model input → feature importance at one as-of date and the reasons of each customer."""

import logging
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.artifacts.explanations import write_explanations
from holdfast.artifacts.models import Model
from holdfast.artifacts.scores import Scores
from holdfast.explain.drivers import Drivers
from holdfast.explain.explanations import customer_reasons, explain, importance
from holdfast.explain.tables import tabulate_contributions, tabulate_reasons
from holdfast.runtime.context import StageRun

MAX_ROWS = 20_000  # larger customer bases are sampled

logger = logging.getLogger(__name__)


def explain_customers(run: StageRun, model: Model, scores: Scores) -> dict[str, Any]:
    """Explain every scored customer, or a sample of them."""
    bundle, everyone, settings = model.bundle(), scores.model_input(), run.settings
    rows = sample(everyone, settings.seed)
    logger.info("explaining %s customers", f"{rows.num_rows:,}")
    explanation = explain(bundle, rows)
    reasons = customer_reasons(
        bundle, explanation, rows, settings.reason_texts, model.peer_groups(), settings.explain
    )
    write_explanations(
        run.out, importance(bundle, explanation), tabulate_contributions(bundle, rows, explanation),
        tabulate_reasons(rows, reasons), Drivers.of(bundle, explanation),
    )  # fmt: skip
    return {
        "as_of": str(run.day), "model_version": model.version, "customers": rows.num_rows,
        "language": settings.language,
    }  # fmt: skip


def sample(rows: pa.Table, seed: int) -> pa.Table:
    """At most MAX_ROWS customers, sampled at random, in their original order."""
    if rows.num_rows <= MAX_ROWS:
        return rows
    drawn = np.random.default_rng(seed).choice(rows.num_rows, MAX_ROWS, replace=False)
    return rows.take(pa.array(np.sort(drawn)))
