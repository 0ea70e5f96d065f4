"""The terminal output of a finished stage: counts, grades and the paths of its files."""

from collections.abc import Callable
from typing import Any

from holdfast.runtime.context import RunContext
from holdfast.summaries.data import of_features, of_simulate, of_validate
from holdfast.summaries.layout import Parts
from holdfast.summaries.lists import of_outcomes, of_retention, of_score
from holdfast.summaries.models import of_audit, of_explain, of_monitor, of_train

SUMMARIES: dict[str, Callable[[RunContext, Any], Parts]] = {
    "simulate": of_simulate, "validate": of_validate, "features": of_features, "train": of_train,
    "explain": of_explain, "score": of_score, "outcomes": of_outcomes, "retention": of_retention,
    "monitor": of_monitor,
    "audit": of_audit,
}  # fmt: skip
