"""conf/ and the overrides of a call, put together by Hydra: plain data, not yet checked.

This is the only file that knows Hydra. What it cannot put together becomes one clear `SettingError`.
"""

import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError  # type: ignore[import-untyped]  # comes with Hydra, publishes no types

from holdfast.collecting import COLLECTIONS, lay_over, read_collections
from holdfast.errors import SettingError, nearest

PACKAGE = Path(__file__).parent


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


def compose_settings(
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
        register_resolvers()
        with initialize_config_dir(str(conf_folder().resolve()), version_base="1.3"):
            composed = compose("config", overrides=given, return_hydra_config=True)
            chosen = dict(composed.hydra.runtime.choices)
            settings = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
            place_root(settings)
            content = OmegaConf.to_container(settings, resolve=True)
        assert isinstance(content, dict)
        content = lay_over(read_collections(conf_folder(), config_dir), content)
    except (HydraException, MissingConfigException, OmegaConfBaseException) as error:
        raise explain_composition(error, overrides) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise explain_yaml(error) from None
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
    known = top_level_keys() | groups | set(COLLECTIONS.values())
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


def top_level_keys() -> set[str]:
    """The settings and groups that `conf/config.yaml` names."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(conf_folder().resolve()), version_base="1.3"):
        return {str(key) for key in compose("config")}
