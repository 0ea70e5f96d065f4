"""conf/ → one checked, frozen `Config`; whatever is wrong becomes one clear `SettingError`."""

import datetime as dt
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import Field, field_validator, model_validator

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
            raise ValueError(f"language: there are no reasons in '{self.language}' ({nearest(self.language, self.reasons)})")
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
    return checkout if (checkout / "conf").is_dir() and (checkout / "pyproject.toml").is_file() else Path.cwd()


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
    composed["source"].setdefault("name", chosen["source"])
    if composed["paths"]["root"] is None:
        composed["paths"]["root"] = str(project_folder())
    composed["paths"]["root"] = str(Path(composed["paths"]["root"]).expanduser().resolve())
    try:
        return Config.model_validate(composed)
    except pydantic.ValidationError as error:
        raise explain_validation(error) from None


def compose_raw(
    overrides: Sequence[str], config_dir: Path | None
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The settings as plain data, and which file of each group was chosen."""
    extra = []
    if config_dir is not None:
        if not config_dir.is_dir():
            raise SettingError("there is no such folder", where=f"--config-dir {config_dir}")
        extra = [f"hydra.searchpath=['file://{config_dir.resolve()}']"]
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf_folder().resolve()), version_base="1.3"):
            composed = compose("config", overrides=[*overrides, *extra], return_hydra_config=True)
            chosen = dict(composed.hydra.runtime.choices)
            settings = OmegaConf.masked_copy(composed, [key for key in composed if key != "hydra"])
            if settings.paths.root is None:  # `${paths.root}` in a source must already be a folder
                settings.paths.root = str(project_folder())
            content = OmegaConf.to_container(settings, resolve=True)
    except (HydraException, MissingConfigException, OmegaConfBaseException) as error:
        raise explain_composition(error, overrides) from None
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}, chosen


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
    known = set(flat_keys(raw_defaults()))
    groups = {path.name for path in conf_folder().iterdir() if path.is_dir()}
    for override in overrides:
        key = override.partition("=")[0].lstrip("+~")
        if "=" not in override:
            return SettingError(f"'{override}' is not key=value", next_step="holdfast STAGE --help shows the settings")
        if key not in known | groups and not key.startswith("hydra"):
            return SettingError(f"there is no setting '{key}'", where=override, next_step=nearest(key, known | groups))
    first = str(error).strip().splitlines()
    wanted = [line.strip() for line in first if line.strip()]
    text = "; ".join(wanted[:2]) if wanted else type(error).__name__
    options = [line for line in wanted if line.startswith("'") or "Available options" in line]
    return SettingError(
        "the settings cannot be put together",
        found=text,
        expected=", ".join(wanted[2:12]) if options else None,
        next_step="check the name of the file, the key and the quotes",
    )


def explain_validation(error: pydantic.ValidationError) -> SettingError:
    """The first things that are wrong, each with its key."""
    lines = []
    for problem in error.errors()[:5]:
        key = ".".join(str(part) for part in problem["loc"] if part not in ("inactivity", "cancellation"))
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            parent = key.rpartition(".")[0]
            siblings = [known.rpartition(".")[2] for known in flat_keys(raw_defaults()) if known.rpartition(".")[0] == parent]
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
