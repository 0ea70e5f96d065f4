"""The data and settings of a training, and the champion that its model is compared with."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.audit.settings import AuditSettings
from holdfast.evaluation.settings import GateSettings
from holdfast.features.settings import FeatureSettings
from holdfast.features.summary import FeaturesSummary
from holdfast.model.bundle import Bundle
from holdfast.model.labelled import Labelled
from holdfast.model.settings import ModelSettings
from holdfast.outreach.settings import OutreachSettings
from holdfast.snapshots.churn import Churn
from holdfast.sources.settings import SourceSettings
from holdfast.streams.assembly import StreamTable
from holdfast.text.log import TextLog
from holdfast.text.settings import TextSettings, Words
from holdfast.timeline.settings import TimelineSettings


@dataclasses.dataclass(frozen=True)
class Champion:
    """The model in use.

    Attributes:
        as_of: its training date.
        bundle: the model itself; None: this version of Holdfast cannot read it.
        spec: the settings of its training, as JSON.
    """

    as_of: dt.date
    bundle: Bundle | None
    spec: Mapping[str, Any]
    card: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The champion's side of a comparison.

    Attributes:
        probability: (test rows,) predicted by the champion or by a refit of its specification; None: there is
            no champion, its specification is the same, or it cannot be refitted.
        lacking: why the challenger cannot be compared with the champion, and what to do; None: it can.
        champion_exists: a model was promoted before.
    """

    probability: NDArray[np.float64] | None = None
    lacking: str | None = None
    champion_exists: bool = False


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """The tables of a training.

    Attributes:
        labelled: the labelled snapshots, taken from `features`.
        texts: the customers' texts; None: there are none.
        streams: the streams of the source.
        stated: (test rows,) the customer values that the company states, money; None: it states none.
        champion: the model in use; None: no model was promoted yet.
        truth: the demo company's true probabilities; None: a real company.
    """

    labelled: Labelled
    features: FeaturesSummary
    texts: TextLog | None
    streams: Mapping[str, StreamTable]
    stated: pd.Series | None
    champion: Champion | None
    truth: pa.Table | None


@dataclasses.dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training. `threads`: None for all cores."""

    churn: Churn
    timeline: TimelineSettings
    features: FeatureSettings
    model: ModelSettings
    text: TextSettings
    words: Mapping[str, Words]
    gate: GateSettings
    audit: AuditSettings
    outreach: OutreachSettings
    source: SourceSettings
    seed: int
    threads: int | None


class EvaluationInputs(NamedTuple):
    """What an evaluation needs besides the fitted model."""

    data: TrainingData
    settings: TrainingSettings
    comparison: Comparison
