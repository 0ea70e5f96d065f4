"""Settings of the gate (`conf/gate/`)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from holdfast.settings import Settings


class GateSettings(Settings):
    """When a challenger replaces the champion, what earns a grade A, and when the card warns of little data.

    `conf/gate/default.yaml` explains each setting.

    Attributes:
        auc_margin: AUC.
        max_ece, grade_a_ece_margin: expected calibration error beyond what chance explains, 0 to 1.
        min_list_lift: churn rate of the list divided by that of all customers.
        allow_less_data: compare a challenger with less training data by refitting the champion on that data.
        accept_leak: promote a model despite a known or suspected leak.
        too_good_auc, grade_a_min_auc, grade_b_min_auc: AUC.
        min_customers, min_churners: counts.
        min_horizons: time spanned by training, in outcome horizons.
    """

    renamed: ClassVar[Mapping[str, str]] = {
        "most_ece": "max_ece",
        "least_list_lift": "min_list_lift",
        "accept_less": "allow_less_data",
        "good_auc": "grade_a_min_auc",
        "good_ece": "grade_a_ece_margin",
        "grade_a_max_ece": "grade_a_ece_margin",
        "few_customers": "min_customers",
        "few_churners": "min_churners",
        "few_horizons": "min_horizons",
    }

    auc_margin: float = Field(default=0.005, ge=0, lt=0.5)
    max_ece: float = Field(default=0.1, ge=0, le=1)
    min_list_lift: float = Field(default=1.0, ge=0)
    allow_less_data: bool = False
    accept_leak: bool = False
    too_good_auc: float = Field(default=0.97, gt=0.5, le=1)
    grade_a_min_auc: float = Field(default=0.7, ge=0.5, le=1)
    grade_b_min_auc: float = Field(default=0.55, ge=0.5, le=1)
    grade_a_ece_margin: float = Field(default=0.01, ge=0, le=1)
    min_customers: int = Field(default=500, ge=0)
    min_churners: int = Field(default=100, ge=0)
    min_horizons: float = Field(default=4.0, ge=0)
