"""Labels dealt out anew have nothing to say: whoever finds something in them sees what it should not."""

import logging

import numpy as np
import pyarrow as pa
from benchmarks.quality.questions import Question, label, open_context
from benchmarks.report import promise

from holdfast import pipeline
from holdfast.metrics.bootstrap import CustomerBootstrap
from holdfast.model.splits import split_rows
from holdfast.model.training import train_model
from holdfast.runtime.caching import run_cached
from holdfast.runtime.lock import locked

logger = logging.getLogger("holdfast.benchmarks")


def shuffled_verdict(question: Question) -> str:
    """Train on labels shuffled within each as-of date, and judge on shuffled labels."""
    context = open_context(question, question.as_of)
    config = context.config
    with locked(context.root.path):
        features = run_cached(context, pipeline.FEATURES)
        labelled = label(context, features)
    table = shuffle(labelled.rows, config.seed)
    splits = split_rows(table, labelled.plan)
    trained = train_model(
        table,
        splits,
        config.model,
        features.summary.columns,
        seed=config.seed,
        threads=None,
        progress=logger.info,
    )
    rows = table.take(pa.array(splits.test.valid))
    customers = rows["customer_id"].to_numpy(zero_copy_only=False)
    churned = rows["churned"].to_numpy()
    auc = CustomerBootstrap(customers).interval("auc", churned, trained.test_probability)
    assert auc.low is not None
    assert auc.high is not None
    text = f"shuffled labels teach nothing: AUC {auc.value:.4f} ({auc.low:.4f} to {auc.high:.4f})"
    return promise(text, auc.low <= 0.5 <= auc.high, question.title)


def shuffle(table: pa.Table, seed: int) -> pa.Table:
    """The rows with the labels of each date dealt out anew."""
    random = np.random.default_rng(seed)
    churned, dates = table["churned"].to_numpy().copy(), table["as_of"].to_numpy()
    for date in np.unique(dates):
        rows = np.flatnonzero(dates == date)
        churned[rows] = churned[random.permutation(rows)]
    return table.set_column(table.column_names.index("churned"), "churned", pa.array(churned))
