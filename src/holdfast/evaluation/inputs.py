"""The inputs of an evaluation other than the fitted model."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.audit.findings import Finding
from holdfast.evaluation.champion import Comparison
from holdfast.evaluation.settings import GateSettings
from holdfast.model.settings import ModelSettings
from holdfast.outreach.settings import OutreachSettings
from holdfast.timeline.outcome import Outcome


@dataclasses.dataclass(frozen=True)
class EvaluationInputs:
    """The inputs of an evaluation other than the fitted model.

    Attributes:
        comparison: the champion's side.
        champion_exists: a model was promoted before.
        values: (test rows,) the value of each customer if kept, money; 0: unknown.
        columns: the reason code of every feature.
        leaks: findings about columns that contain, or may contain, future information.
        dates: counts of the snapshots at each as-of date.
        sampled: the rows are a sample of the customers.
        model: the settings that fit the baselines.
        by_silence: whether the labels say who bought again after a silence, so that limits can be learned.
        truth: the demo company's true probabilities; None: a real company.
    """

    comparison: Comparison
    champion_exists: bool
    values: NDArray[np.float64]
    columns: Mapping[str, str]
    leaks: list[Finding]
    dates: Mapping[dt.date, Mapping[str, int]]
    sampled: bool
    outcome: Outcome
    currency: str | None
    model: ModelSettings
    outreach: OutreachSettings
    gate: GateSettings
    by_silence: bool
    seed: int
    truth: pa.Table | None
