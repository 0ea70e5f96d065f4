"""The settings that a stage declares: those in its fingerprint, and the only ones that it is given."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from holdfast.config import Config


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
    """A value as JSON holds it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): as_json(one) for name, one in value.items()}
    return json.loads(json.dumps(value, default=str))


class DeclaredSettings:
    """The settings of a run, of which only the declared ones can be read.

    A stage that reads a setting which it does not declare would be skipped when that setting changes. So
    reading one is an error, and no declaration can be incomplete.
    """

    def __init__(self, settings: Any, declared: Sequence[str], stage: str) -> None:
        self._settings, self._declared, self._stage = settings, tuple(declared), stage

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._settings, name)
        below = [one.partition(".")[2] for one in self._declared if one.partition(".")[0] == name]
        if not below:
            raise AttributeError(f"the stage {self._stage} reads the setting {name} without declaring it")
        return value if "" in below else DeclaredSettings(value, below, self._stage)
