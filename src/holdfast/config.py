"""conf/ → one checked, frozen `Config`; whatever is wrong becomes one clear `SettingError`."""

import datetime as dt
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import pydantic
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import Field, field_validator, model_validator
from yaml import YAMLError  # type: ignore[import-untyped]  # comes with Hydra, publishes no types

from holdfast.contracts.settings import ContractSettings
from holdfast.demo.settings import DemoSettings
from holdfast.engine.settings import EngineSettings
from holdfast.errors import SettingError, nearest
from holdfast.explain.reasons import Texts
from holdfast.features.settings import FeatureSettings
from holdfast.model.settings import ModelSettings
from holdfast.outreach.settings import OutreachSettings
from holdfast.settings import Settings
from holdfast.snapshots.churn import Churn
from holdfast.sources.settings import SourceSettings
from holdfast.timeline.settings import TimelineSettings
from holdfast.tracking.settings import TrackingSettings

LATEST = "latest"
PACKAGE = Path(__file__).parent


class PathSettings(Settings):
    """Where everything is written."""

    root: Path


class Config(Settings):
    """All settings of a run; `conf/` says what each is for."""

    source: SourceSettings
    engine: EngineSettings
    contracts: ContractSettings
    churn: Churn
    timeline: TimelineSettings
    features: FeatureSettings
    model: ModelSettings
    tracking: TrackingSettings
    outreach: OutreachSettings
    demo: DemoSettings
    reasons: dict[str, Texts]
    language: str
    as_of: str | None
    seed: int = Field(ge=0, lt=2**31)
    threads: int | None = Field(ge=1)
    force: bool
    debug: bool
    paths: PathSettings

    @field_validator("as_of", mode="before")
    @classmethod
    def a_day(cls, value: Any) -> Any:
        """A day as YYYY-MM-DD, or `latest`; parsed here once."""
        if value is None or value == LATEST:
            return value
        try:
            return str(dt.date.fromisoformat(str(value)))
        except ValueError:
            raise ValueError(f"'{value}' is no day; write it as YYYY-MM-DD, or `latest`") from None

    @model_validator(mode="after")
    def fitting_together(self) -> "Config":
        """What no single group can know."""
        if self.churn.stream not in self.source.tables:
            raise ValueError(
                f"churn={self.churn.kind} is read from the table {self.churn.stream}, "
                f"which source={self.source.name} does not map"
            )
        if self.language not in self.reasons:
            raise ValueError(
                f"language: no reasons in '{self.language}' ({nearest(self.language, self.reasons)})"
            )
        return self

    def day(self) -> dt.date | None:
        """The as-of date that was asked for; None: the one after the last known fact."""
        return None if self.as_of in (None, LATEST) else dt.date.fromisoformat(str(self.as_of))

    def shown(self) -> dict[str, Any]:
        """All settings as JSON holds them; secrets stay hidden."""
        return self.model_dump(mode="json")


def conf_folder() -> Path:
    """The folder of the settings: the checkout's `conf/`, or the installed package's own copy."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "conf"


def project_folder() -> Path:
    """Where is written by default: the checkout; else the working folder."""
    checkout = PACKAGE.parents[1]
    return (
        checkout if (checkout / "conf").is_dir() and (checkout / "pyproject.toml").is_file() else Path.cwd()
    )


def load_config(overrides: Sequence[str] = (), config_dir: Path | None = None) -> Config:
    """Compose and check the settings of a run.

    Args:
        overrides: `key=value` as on the command line.
        config_dir: a folder of the user's own groups, such as `source/wholesaler.yaml`.

    Raises:
        SettingError: an unknown key, a wrong type or value, a combination that cannot be.
    """
    register_resolvers()
    composed, chosen = compose_raw(overrides, config_dir)
    if isinstance(composed.get("source"), dict):
        composed["source"].setdefault("name", chosen["source"])
    try:
        return Config.model_validate(composed)
    except pydantic.ValidationError as error:
        raise explain_validation(error) from None


def compose_raw(
    overrides: Sequence[str], config_dir: Path | None
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The settings as plain data, and which file of each group was chosen."""
    given = [readable(override) for override in overrides]
    if config_dir is not None:
        if not config_dir.is_dir():
            raise SettingError("there is no such folder", where=f"--config-dir {config_dir}")
        given.append("hydra.searchpath=[" + quoted(f"file://{config_dir.resolve()}") + "]")
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf_folder().resolve()), version_base="1.3"):
            composed = compose("config", overrides=given, return_hydra_config=True)
            chosen = dict(composed.hydra.runtime.choices)
            settings = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
            place_root(settings)
            content = OmegaConf.to_container(settings, resolve=True)
    except (HydraException, MissingConfigException, OmegaConfBaseException) as error:
        raise explain_composition(error, overrides) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise explain_yaml(error) from None
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}, chosen


def readable(override: str) -> str:
    """An override as Hydra reads it: quoted where its grammar would stumble over a path or a sentence.

    A key with a dot may be one that the file leaves out; whether there is such a setting, the schema says.
    """
    key, given, value = override.partition("=")
    if not given:
        raise SettingError(
            f"'{override}' is not key=value", next_step="holdfast STAGE --help shows the settings"
        )
    if key.startswith("hydra."):
        raise SettingError(f"there is no setting '{key}'", where=override, next_step="leave it out")
    if re.fullmatch(r"\w+(\.\w+)+", key):
        key = f"++{key}"
    try:
        as_it_is = not OverridesParser.create().parse_override(f"{key}={value}").is_sweep_override()
    except HydraException:
        as_it_is = False
    return f"{key}={value}" if as_it_is else f"{key}={quoted(value)}"


def quoted(value: str) -> str:
    """A text as Hydra takes it, whatever is in it."""
    return "'" + value.replace("'", "\\'") + "'"


def place_root(settings: DictConfig) -> None:
    """Make `paths.root` a whole path before any `${paths.root}` is filled in."""
    root = OmegaConf.select(settings, "paths.root")
    if root == "":
        raise SettingError("the root is empty", where="paths.root", next_step="name a folder or leave it out")
    settings.paths.root = str(project_folder() if root is None else Path(str(root)).expanduser().resolve())


def register_resolvers() -> None:
    """`${package:name}`: the folder of an installed Python package (for data that comes with one)."""
    OmegaConf.register_new_resolver("package", package_folder, replace=True)


def package_folder(name: str) -> str:
    """The folder of an installed package."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise SettingError(
            f"the package {name} is not installed",
            where=f"${{package:{name}}}",
            next_step="install the extra that holds it, e.g.: pip install 'holdfast[examples]'",
        )
    return str(Path(found.origin).parent)


def explain_composition(error: Exception, overrides: Sequence[str]) -> SettingError:
    """Hydra's and OmegaConf's errors in our words."""
    if isinstance(error.__cause__, SettingError):
        return error.__cause__
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options is not None:
        group, _, name = error.missing_cfg_file.rpartition("/")
        return SettingError(
            f"there is no {group} '{name}'", where=f"{group}={name}", next_step=nearest(name, error.options)
        )
    groups = {path.name for path in conf_folder().iterdir() if path.is_dir()}
    known = {key for key in flat_keys(raw_defaults()) if "." not in key} | groups
    for override in overrides:
        key = override.partition("=")[0].lstrip("+~")
        if key.partition(".")[0] not in known and "@" not in key:
            return SettingError(f"there is no setting '{key}'", where=override, next_step=nearest(key, known))
    text = "; ".join(line.strip() for line in str(error).strip().splitlines()[:2])
    if variable := re.search(r"Environment variable '(\w+)' not found", text):
        return SettingError(
            f"the environment variable {variable[1]} is not set",
            where=str(getattr(error, "full_key", None) or "conf/"),
            next_step=f"export {variable[1]}=…",
        )
    return SettingError(
        "the settings cannot be put together",
        found=text or type(error).__name__,
        next_step="check the name of the file, the key and the quotes",
    )


def explain_yaml(error: Exception) -> SettingError:
    """A file of settings that cannot be read."""
    mark = getattr(error, "problem_mark", None)
    return SettingError(
        "a file of settings is not YAML",
        where=f"{mark.name}, line {mark.line + 1}" if mark else "conf/ or --config-dir",
        found=str(getattr(error, "problem", None) or error),
        next_step="mend it there: blanks count, and text with : # { or [ in it needs quotes",
    )


def explain_validation(error: pydantic.ValidationError) -> SettingError:
    """The first things that are wrong, each with its key."""
    lines = []
    for problem in error.errors()[:5]:
        key = ".".join(str(part) for part in problem["loc"] if part not in ("inactivity", "cancellation"))
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            siblings = known_beside(problem["loc"])
            hint = f" ({nearest(key.rpartition('.')[2], siblings)})" if siblings else ""
            message = f"there is no such setting{hint}"
        elif problem["type"] != "value_error" and not isinstance(problem.get("input"), dict | list):
            message += f", found {problem.get('input')!r}"
        lines.append(f"{key}: {message}" if key else message)
    return SettingError(
        "a setting is wrong" if len(lines) == 1 else f"{len(lines)} settings are wrong",
        found="\n             ".join(lines),
        next_step="mend it in conf/ or on the command line; holdfast STAGE --help shows all settings",
    )


def known_beside(place: Sequence[int | str]) -> list[str]:
    """The settings that the schema knows where `place` points."""
    kind: Any = Config
    for part in place[:-1]:
        fields = getattr(kind, "model_fields", {})
        if part in fields:
            kind = fields[part].annotation
        else:  # the key of a mapping, or which of several schemas was meant
            members = [one for one in get_args(kind) if hasattr(one, "model_fields")]
            named = [one for one in members if one.__name__.lower() == part]
            kind = (named or members or [None])[0]
    return list(getattr(kind, "model_fields", {}))


def raw_defaults() -> dict[str, Any]:
    """The default settings, unresolved, for hints."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(conf_folder().resolve()), version_base="1.3"):
        composed = OmegaConf.to_container(compose("config"), resolve=False)
    assert isinstance(composed, dict)
    return {str(key): value for key, value in composed.items()}


def flat_keys(content: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """All dotted keys, of mappings and of leaves."""
    for key, value in content.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat_keys(value, f"{prefix}{key}.")
