"""What decides a model card beside the fit itself."""

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
    """What decides a card beside the fit itself.

    Attributes:
        comparison: the champion's side.
        champion_exists: a model was promoted before.
        values: (test rows,) what each customer is worth if kept, money; 0: not known.
        columns: the reason code of every feature.
        leaks: findings about columns that know the future, or may know it.
        dates: counts of the snapshots at each as-of date.
        sampled: the rows are of a sample of the customers.
        model: the settings by which the baselines are fitted.
        truth: the demo company's true probabilities; None: of a real company.
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
    seed: int
    truth: pa.Table | None
