"""What an evaluation needs besides the fitted model and the rows it is tested on."""

import dataclasses

import pandas as pd
import pyarrow as pa

from holdfast.audit.settings import AuditSettings
from holdfast.evaluation.champion import Comparison
from holdfast.evaluation.settings import GateSettings
from holdfast.features.summary import FeaturesSummary
from holdfast.model.settings import ModelSettings
from holdfast.outreach.settings import OutreachSettings


@dataclasses.dataclass(frozen=True)
class EvaluationInputs:
    """What an evaluation needs besides the fitted model and the rows it is tested on.

    Attributes:
        comparison: the champion's side.
        features: the features table that the rows were taken from.
        stated: (test rows,) the customer values that the company states, money; None: it states none.
        undated_attributes: attributes of customers without a `valid_from`.
        model: the settings that fit the baselines.
        by_silence: whether the labels say who bought again after a silence, so that limits can be learned.
        truth: the demo company's true probabilities; None: a real company.
    """

    comparison: Comparison
    features: FeaturesSummary
    stated: pd.Series | None
    undated_attributes: tuple[str, ...]
    currency: str | None
    model: ModelSettings
    outreach: OutreachSettings
    gate: GateSettings
    audit: AuditSettings
    by_silence: bool
    seed: int
    truth: pa.Table | None
