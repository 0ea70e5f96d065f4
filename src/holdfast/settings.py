"""The base of every settings class: checked when made, never changed afterwards.

Each floor of the house declares the settings that it takes, beside the code that takes them;
`config.py` puts them together into the one schema of `conf/`.
"""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen, typed settings. An unknown key or a wrong type is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
