"""The settings of `conf/tracking/`."""

from typing import Literal

from pydantic import Field, field_validator

from holdfast.secrets import redact
from holdfast.settings import Secret, Settings


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
    uri: Secret | None = None
    artifacts: Secret | None = None
    experiment: str = Field(default="holdfast", min_length=1)
    registered_model: str = Field(default="holdfast-churn", min_length=1)

    @field_validator("artifacts")
    @classmethod
    def _without_secrets(cls, artifacts: Secret | None) -> Secret | None:
        if artifacts is not None and redact(artifacts.get_secret_value()) != artifacts.get_secret_value():
            raise ValueError(
                "holds a password, which MLflow would write into its database: set the store's own "
                "environment variables instead, such as AWS_SECRET_ACCESS_KEY"
            )
        return artifacts
