"""The settings of `conf/tracking/`."""

from typing import Literal

from pydantic import Field

from holdfast.settings import Settings


class TrackingSettings(Settings):
    """Where runs and models are kept.

    Attributes:
        name: `local` keeps them (in the store below, or the server that `uri` or the environment variable
            MLFLOW_TRACKING_URI names); `off` keeps none.
        uri: null is `sqlite:///<paths.root>/mlflow.db`. MLFLOW_TRACKING_URI wins over it.
        artifacts: where a store without a server puts files; null is `<paths.root>/mlartifacts`.
        experiment: the experiment that all stages log to.
        registered_model: the name under which models are registered.
    """

    name: Literal["local", "off"] = "local"
    uri: str | None = Field(default=None, min_length=1)
    artifacts: str | None = Field(default=None, min_length=1)
    experiment: str = Field(default="holdfast", min_length=1)
    registered_model: str = Field(default="holdfast-churn", min_length=1)
