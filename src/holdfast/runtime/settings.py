"""The settings that a stage declares: only they are in its fingerprint, and only they can be read."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from holdfast.config import Config
from holdfast.secrets import redact


def declared_values(config: Config, names: Sequence[str]) -> dict[str, Any]:
    """Dotted name → value of each declared setting, as JSON holds it; secrets stay hidden."""
    return {name: as_json(value_of(config, name)) for name in names}


def value_of(config: Config, name: str) -> Any:
    """The value of a setting by its dotted name."""
    value: Any = config
    for part in name.split("."):
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    return value


def as_json(value: Any) -> Any:
    """A value as JSON holds it, without the secrets of addresses."""
    if isinstance(value, BaseModel):
        return as_json(value.model_dump(mode="json"))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return as_json(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(name): as_json(part) for name, part in value.items()}
    return json.loads(redact(json.dumps(value, default=str)))


class DeclaredSettings:
    """A view of the settings that allows only declared ones to be read.

    If a stage could read an undeclared setting, a change of that setting would not run the stage again. So
    reading one is an error.
    """

    def __init__(self, settings: Any, declared: Sequence[str], stage: str) -> None:
        self._settings, self._declared, self._stage = settings, tuple(declared), stage

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._settings, name)
        parts = [declared.partition(".") for declared in self._declared]
        below = [rest for first, _, rest in parts if first == name]
        if not below:
            raise AttributeError(f"the stage {self._stage} reads the setting {name} without declaring it")
        return value if "" in below else DeclaredSettings(value, below, self._stage)
