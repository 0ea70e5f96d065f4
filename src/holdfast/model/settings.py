"""Settings of the model (`conf/model/`)."""

from pydantic import Field

from holdfast.settings import Settings


class ModelSettings(Settings):
    """How the model is fitted; `conf/model/lightgbm.yaml` says what each is for."""

    bags: int = Field(ge=1, le=100)
    rounds: int = Field(ge=1)
    patience: int = Field(ge=1)
    learning_rate: float = Field(gt=0, le=1)
    bins: int = Field(ge=2, le=255)
    leaves: int = Field(ge=2)
    min_rows_a_leaf: int = Field(ge=1)
    column_share: float = Field(gt=0, le=1)
    row_share: float = Field(gt=0, le=1)
    l2: float = Field(ge=0)
    most_levels: int = Field(ge=1)
    linear_strength: float = Field(gt=0)
    linear_share: float | None = Field(ge=0, le=1)
    text: bool = False  # a recipe written down before texts were read
