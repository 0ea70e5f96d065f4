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

    `drift`, `inputs` and `scores`: see `measure_inputs`, `summarise` and `measure_scores`.
    """

    drift: pd.DataFrame
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
        inputs, scores = judge_inputs(self.drift, self.inputs, limits), judge_scores(self.scores, limits)
        age = judge_age(self.age_days, horizon_days, of_results, limits)
        return conclude([*inputs, *scores, *(of_results or []), age])


def compare_with_training(
    profile: Profile, input_counts: pa.Table, reference: ScoreReference | None, probability: Any, *,
    day: dt.date, trained: dt.date, limits: MonitorSettings,
) -> RunComparison:  # fmt: skip
    """Compare the inputs and scores of one run with the model's training and test.

    Args:
        input_counts: the model's inputs by bin (see `monitor.profile.Tally`).
        reference: the scores of the test; None: the model was not tested.
        probability: (customers,) the scores.
        day, trained: the as-of dates of the run and of the model.
    """
    drift = measure_inputs(profile, input_counts, day, limits)
    scores = measure_scores(reference, probability)
    return RunComparison(drift, summarise(drift), scores, (day - trained).days)
