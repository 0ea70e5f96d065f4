"""Settings of the model (`conf/model/`) and of the search for better ones (`conf/tuning/`)."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from holdfast.settings import Settings

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Leaves = Annotated[int, Field(ge=2)]
Count = Annotated[int, Field(ge=1)]
Number = TypeVar("Number", int, float)


def in_order(bounds: tuple[Number, Number]) -> tuple[Number, Number]:
    """Bounds whose low end comes first."""
    if bounds[0] > bounds[1]:
        raise ValueError("the first bound is above the second")
    return bounds


class ModelSettings(Settings):
    """How the model is fitted; `conf/model/lightgbm.yaml` says what each is for."""

    bags: int = Field(ge=1, le=100)
    rounds: Count
    patience: Count
    learning_rate: Share
    bins: int = Field(ge=2, le=255)
    leaves: Leaves
    min_rows_a_leaf: Count
    column_share: Share
    row_share: Share
    l2: NotNegative
    most_levels: Count
    linear_strength: Positive
    linear_share: float | None = Field(ge=0, le=1)
    text: bool = False  # a recipe written down before texts were read


class Space(Settings):
    """Where better settings are looked for: the ends of a range, or the values to try; null: left alone."""

    learning_rate: Annotated[tuple[Share, Share], AfterValidator(in_order)] | None
    leaves: Annotated[tuple[Leaves, Leaves], AfterValidator(in_order)] | None
    min_rows_a_leaf: Annotated[tuple[Count, Count], AfterValidator(in_order)] | None
    column_share: Annotated[tuple[Share, Share], AfterValidator(in_order)] | None
    row_share: Annotated[tuple[Share, Share], AfterValidator(in_order)] | None
    l2: Annotated[tuple[NotNegative, NotNegative], AfterValidator(in_order)] | None
    linear_strength: tuple[Positive, ...] | None


class TuningSettings(Settings):
    """How long and where better settings are looked for; `conf/tuning/` says what each is for."""

    trials: int = Field(ge=0)
    minutes: float | None = Field(gt=0)
    warm_up: Count
    space: Space
