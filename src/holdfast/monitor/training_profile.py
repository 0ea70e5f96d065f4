"""The profile of a training: what later inputs of its model are held against."""

import pyarrow as pa

from holdfast.explain.explanations import explain, importance
from holdfast.model.matrix import CONTACT_FLAG
from holdfast.model.training import TrainingResult
from holdfast.monitor.profile import Profile, every_so_many, learn_profile

WEIGHED = 500  # training rows whose contributions tell how important a column is


def profile_training(trained: TrainingResult, rows: pa.Table) -> Profile:
    """The profile of a training; it names no customer."""
    sample = trained.with_texts(every_so_many(rows, rows.num_rows))
    weighed = every_so_many(sample, sample.num_rows, WEIGHED)
    bundle = trained.bundle
    importances = importance(bundle, explain(bundle, weighed)).set_index("feature")["mean_abs_contribution"]
    columns = {name: float(importances[name]) for name in bundle.columns.names if name != CONTACT_FLAG}
    return learn_profile(sample, columns)
