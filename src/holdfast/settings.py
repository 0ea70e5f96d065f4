"""The base of all settings classes: checked when created, never changed.

Each package declares its settings beside the code that uses them; `config.py` combines them into the schema
of `conf/`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from holdfast.secrets import remember


def _remembered(secret: SecretStr) -> SecretStr:
    remember(secret.get_secret_value())
    return secret


# An address with a password: hidden when shown or stored, and remembered so that messages can be cleaned.
Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_remembered)]


class Settings(BaseModel):
    """Frozen, typed settings. An unknown key or a wrong type is an error, never ignored.

    Attributes:
        renamed: old name → new name of settings that were renamed; an old name is refused with the new one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    renamed: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_names(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            old = [f"'{name}' is now called '{cls.renamed[name]}'" for name in given if name in cls.renamed]
            if old:
                raise ValueError("; ".join(old))
        return given
