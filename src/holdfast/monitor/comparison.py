"""Compare the inputs and scores of a finished scoring run with the model's training and test."""

import datetime as dt
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from holdfast.monitor.drift import measure_inputs, summarise
from holdfast.monitor.profile import Profile
from holdfast.monitor.scores import ScoreReference, measure_scores
from holdfast.monitor.settings import MonitorSettings
from holdfast.monitor.verdict import Reason, Verdict, conclude, judge_age, judge_inputs, judge_scores


class RunComparison(NamedTuple):
    """One scoring run compared with its model's training and test.

    Attributes:
        drift, inputs: of `measure_inputs` and `summarise`; None and {}: the model has no profile.
        scores: of `measure_scores`.
        age_days: from the model's as-of date.
    """

    drift: pd.DataFrame | None
    inputs: dict[str, Any]
    scores: dict[str, Any]
    age_days: int

    def figures(self) -> dict[str, Any]:
        """As a manifest and a tracked run hold them."""
        return {"inputs": self.inputs, "scores": self.scores, "model_age_days": self.age_days}

    def verdict(
        self, limits: MonitorSettings, horizon_days: int, of_results: list[Reason] | None = None
    ) -> Verdict:
        """Whether the model can still be relied on.

        Args:
            of_results: what earlier runs say (`judge_results`); None: they were not examined.
        """
        return conclude(
            [
                *judge_inputs(self.drift, self.inputs, limits),
                *judge_scores(self.scores, limits),
                *(of_results or []),
                judge_age(self.age_days, horizon_days, of_results, limits),
            ]
        )


def compare_with_training(
    profile: Profile | None, input_counts: pa.Table | None, reference: ScoreReference | None,
    probability: Any, *, day: dt.date, trained: dt.date, limits: MonitorSettings,
) -> RunComparison:  # fmt: skip
    """Inputs and scores of one run, held against the model's training and test.

    Args:
        profile, reference: of the model's training and test; None: they were not kept.
        input_counts: what the model was given (see `monitor.profile.Tally`).
        probability: (customers,) the scores.
        day: the as-of date of the run.
        trained: that of the model.
    """
    drift, inputs = None, {}
    if profile is not None and input_counts is not None:
        drift = measure_inputs(profile, input_counts, day, limits)
        inputs = summarise(drift)
    return RunComparison(drift, inputs, measure_scores(reference, probability), (day - trained).days)
