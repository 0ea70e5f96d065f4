"""Settings of the model (`conf/model/`) and of hyperparameter tuning (`conf/tuning/`)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, Field

from holdfast.settings import Settings

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Leaves = Annotated[int, Field(ge=2)]
Count = Annotated[int, Field(ge=1)]
Number = TypeVar("Number", int, float)

RENAMED = {
    "leaves": "num_leaves",
    "min_rows_a_leaf": "min_data_in_leaf",
    "column_share": "feature_fraction",
    "row_share": "bagging_fraction",
    "l2": "lambda_l2",
    "linear_strength": "logistic_C",
}


def in_order(bounds: tuple[Number, Number]) -> tuple[Number, Number]:
    """Bounds whose low end comes first."""
    if bounds[0] > bounds[1]:
        raise ValueError("the first bound is above the second")
    return bounds


class ModelSettings(Settings):
    """How the model is fitted; `conf/model/lightgbm.yaml` explains each setting.

    Those without a comment here are LightGBM's parameters of the same name.
    """

    renamed: ClassVar[Mapping[str, str]] = RENAMED | {
        "bags": "n_bags",
        "rounds": "num_boost_round",
        "patience": "early_stopping_rounds",
        "bins": "max_bin",
        "most_levels": "max_levels",
        "linear_share": "logistic_weight",
    }

    n_bags: int = Field(ge=1, le=100)
    num_boost_round: Count
    early_stopping_rounds: Count
    learning_rate: Share
    max_bin: int = Field(ge=2, le=255)
    num_leaves: Leaves
    min_data_in_leaf: Count
    feature_fraction: Share
    bagging_fraction: Share
    lambda_l2: NotNegative
    max_levels: Count
    logistic_C: Positive  # noqa: N815 — scikit-learn's name
    logistic_weight: float = Field(ge=0, le=1)
    # what a file that does not name them gets:
    rfm_share: float = Field(default=0.0, ge=0, le=1)
    text: bool = False


class SearchSpace(Settings):
    """The searched settings: the bounds of a range, or the values to try; null: not searched."""

    renamed: ClassVar[Mapping[str, str]] = RENAMED

    learning_rate: Annotated[tuple[Share, Share], AfterValidator(in_order)] | None
    num_leaves: Annotated[tuple[Leaves, Leaves], AfterValidator(in_order)] | None
    min_data_in_leaf: Annotated[tuple[Count, Count], AfterValidator(in_order)] | None
    feature_fraction: Annotated[tuple[Share, Share], AfterValidator(in_order)] | None
    bagging_fraction: Annotated[tuple[Share, Share], AfterValidator(in_order)] | None
    lambda_l2: Annotated[tuple[NotNegative, NotNegative], AfterValidator(in_order)] | None
    logistic_C: tuple[Positive, ...] | None  # noqa: N815 — scikit-learn's name


class TuningSettings(Settings):
    """The budget and the space of hyperparameter tuning; `conf/tuning/` explains each setting."""

    renamed: ClassVar[Mapping[str, str]] = {
        "trials": "n_trials",
        "minutes": "timeout_minutes",
        "warm_up": "n_startup_trials",
    }

    n_trials: int = Field(ge=0)
    timeout_minutes: float | None = Field(gt=0)
    n_startup_trials: Count
    space: SearchSpace
