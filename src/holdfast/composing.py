"""Compose conf/ and the overrides of a call with Hydra into plain, unchecked data.

This file and `overrides.py` alone use Hydra. Its errors become a `SettingError`. Files in `--config-dir` take
precedence over shipped files of the same name. Their `defaults:` may include the shipped file as
`/shipped/<group>/<name>@_here_`.
"""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from hydra import version
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.hydra import Hydra
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.errors import HydraException, MissingConfigException
from hydra.plugins.config_source import ConfigLoadError, ConfigResult
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import get_yaml_loader
from omegaconf.errors import OmegaConfBaseException

from holdfast.collecting import (
    COLLECTIONS,
    conf_folder,
    explain_yaml,
    lay_over,
    local_root,
    package_folder,
    read_collections,
    refuse_endless,
    top_level_keys,
    whole_root,
)
from holdfast.errors import SettingError, nearest
from holdfast.overrides import to_hydra_syntax

# Hydra writes nothing into the working folder, and Holdfast does the logging.
FIXED = (
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
    "hydra.output_subdir=null",
    "hydra.sweep.dir='${local_root:${paths.root},${paths.local}}/data/multirun/${now:%Y-%m-%d_%H-%M-%S}'",
)

Job = TypeVar("Job")

# at import, as the processes of the launcher `joblib` need them, too
OmegaConf.register_new_resolver("package", package_folder, replace=True)
OmegaConf.register_new_resolver("local_root", local_root, replace=True)


@dataclasses.dataclass(frozen=True)
class Composition:
    """Settings as plain data.

    Attributes:
        chosen: group → its chosen file.
        overrides: the overrides of this run, as Hydra parsed them.
        replaced: the user's files that replace shipped ones.
    """

    settings: dict[str, Any]
    chosen: Mapping[str, str]
    overrides: tuple[str, ...]
    replaced: tuple[Path, ...] = ()


OmegaConfLoader: type = get_yaml_loader()
YAML_LOADER = (  # the parser in C is ten times faster
    type("YAMLLoader", (yaml.CSafeLoader, OmegaConfLoader), {})
    if hasattr(yaml, "CSafeLoader")
    else OmegaConfLoader
)


class YAMLSource(FileConfigSource):
    """A folder of files, parsed fast."""

    @staticmethod
    def scheme() -> str:
        return "yaml"

    def load_config(self, config_path: str) -> ConfigResult:
        path = Path(self.path, self._normalize_file_name(config_path)).resolve()
        if not path.exists():
            raise ConfigLoadError(f"Config not found : {path}")
        with path.open(encoding="utf-8") as file:
            header = self._get_header_dict(file.read(512))
            file.seek(0)
            content = yaml.load(file, Loader=YAML_LOADER)
        config = OmegaConf.create() if content is None else OmegaConf.create(content)
        return ConfigResult(self.provider, f"{self.scheme()}://{self.path}", config, header)


class ShippedSource(YAMLSource):
    """The shipped files under the prefix `shipped/`."""

    @staticmethod
    def scheme() -> str:
        return "shipped"

    def load_config(self, config_path: str) -> ConfigResult:
        return super().load_config(_unshipped(config_path))

    def is_group(self, config_path: str) -> bool:
        return _is_shipped(config_path) and bool(super().is_group(_unshipped(config_path)))

    def is_config(self, config_path: str) -> bool:
        return _is_shipped(config_path) and bool(super().is_config(_unshipped(config_path)))

    def available(self) -> bool:
        return True

    def list(self, config_path: str, results_filter: Any) -> list[str]:
        if not _is_shipped(config_path):
            return []
        return list(super().list(_unshipped(config_path), results_filter))


def _is_shipped(path: str) -> bool:
    return path.partition("/")[0] == "shipped"


def _unshipped(path: str) -> str:
    return path.removeprefix("shipped").lstrip("/")


def compose_settings(
    overrides: Sequence[str], config_dir: Path | None = None, config_name: str = "config"
) -> Composition:
    """The settings of one run."""
    with open_hydra(overrides, config_dir) as (hydra, given):
        config = hydra.compose_config(config_name, given, RunMode.RUN)
        return finish(config, config.hydra, config_dir)


def sweep(
    overrides: Sequence[str], config_dir: Path | None, config_name: str,
    run_job: Callable[[Composition, Path, int], Job],
) -> list[Job]:  # fmt: skip
    """Run a job for every combination of values with Hydra's basic sweeper, and return the results in order.

    Args:
        run_job: called with the settings of each job, the folder of the sweep and the number of the job, from
            1 on; in a process of its own with the launcher `joblib`.
    """
    with open_hydra(overrides, config_dir, many=True) as (hydra, given):
        task = functools.partial(run_task, run_job, config_dir)
        batches = hydra.multirun(config_name, task, given, with_log_configuration=False)
    return [job.return_value for batch in batches for job in batch]


def run_task(
    run_job: Callable[[Composition, Path, int], Job], config_dir: Path | None, config: DictConfig
) -> Job:
    """One job of a sweep, as Hydra's launcher calls it."""
    hydra_config = HydraConfig.get()
    with contextlib.suppress(OSError):  # Hydra creates a folder for each job, which stays empty
        Path(hydra_config.runtime.output_dir).rmdir()
    composition = finish(config, hydra_config, config_dir)
    return run_job(composition, Path(hydra_config.sweep.dir), hydra_config.job.num + 1)


def show_settings(
    overrides: Sequence[str], config_dir: Path | None, config_name: str, kind: str, package: str | None
) -> None:
    """Print the unchecked settings (`--cfg`); environment variables are not resolved."""
    with open_hydra(overrides, config_dir) as (hydra, given):
        hydra.show_cfg(config_name, given, kind, package)


def show_info(overrides: Sequence[str], config_dir: Path | None, config_name: str, what: str) -> None:
    """Print how the settings were composed (`--info`)."""
    with open_hydra(overrides, config_dir) as (hydra, given):
        hydra.show_info(what, config_name, given)


def complete(words: Sequence[str], config_dir: Path | None) -> None:
    """Install, remove or answer shell completion (`--shell-completion query=bash`)."""
    with open_hydra([], config_dir) as (hydra, _):
        hydra.shell_completion("config", list(words))


@contextlib.contextmanager
def open_hydra(
    overrides: Sequence[str], config_dir: Path | None, *, many: bool = False
) -> Iterator[tuple[Hydra, list[str]]]:
    """Hydra with the user's and the shipped folder, and the overrides in Hydra's syntax."""
    given = [*FIXED, *(to_hydra_syntax(override, many=many) for override in overrides)]
    if config_dir is not None and not config_dir.is_dir():
        raise SettingError("there is no such folder", where=f"--config-dir {config_dir}")
    if config_dir is not None:
        refuse_endless(config_dir)
    version.setbase("1.3")
    Plugins.instance()  # registers Hydra's own kinds of sources
    for source in (YAMLSource, ShippedSource):
        SourcesRegistry.instance().register(source)
    shipped = conf_folder().resolve()
    path = ConfigSearchPathImpl()
    path.append("hydra", "pkg://hydra.conf")
    if config_dir is not None:
        path.append("--config-dir", f"yaml://{config_dir.resolve()}")
    path.append("main", f"yaml://{shipped}")
    path.append("shipped", f"shipped://{shipped}")
    path.append("schema", "structured://")
    GlobalHydra.instance().clear()
    try:
        yield Hydra.create_main_hydra2("holdfast", path), given
    except (HydraException, OmegaConfBaseException) as error:
        raise explain_composition(error, overrides, config_dir) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise explain_yaml(error) from None
    finally:
        GlobalHydra.instance().clear()


def finish(config: DictConfig, hydra_config: Any, config_dir: Path | None) -> Composition:
    """Add the absolute root and the collections to the composed settings."""
    settings = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    OmegaConf.set_readonly(settings, False)
    root, local = (OmegaConf.select(settings, f"paths.{name}") for name in ("root", "local"))
    settings.paths.root, settings.paths.local = whole_root(root), local_root(root, local)
    content = OmegaConf.to_container(settings, resolve=True)
    assert isinstance(content, dict)
    content = lay_over(read_collections(conf_folder(), config_dir), content)
    choices = hydra_config.runtime.choices.items()
    chosen = {str(group): str(name) for group, name in choices if name is not None}
    return Composition(
        {str(key): value for key, value in content.items()}, chosen, tuple(hydra_config.overrides.task),
        replaced_files(config_dir, chosen),
    )  # fmt: skip


def replaced_files(config_dir: Path | None, chosen: Mapping[str, str]) -> tuple[Path, ...]:
    """The user's files in use that have the name of a shipped one."""
    if config_dir is None:
        return ()
    used = {f"{group}/{name}" for group, name in chosen.items()} | {"config"}
    return tuple(
        path
        for path in (file.relative_to(config_dir) for file in sorted(config_dir.rglob("*.yaml")))
        if (conf_folder() / path).is_file()
        and (path.with_suffix("").as_posix() in used or path.parent.as_posix() in COLLECTIONS)
    )


def explain_composition(error: Exception, overrides: Sequence[str], config_dir: Path | None) -> SettingError:
    """Turn an error of Hydra or OmegaConf into a `SettingError`."""
    if isinstance(error.__cause__, SettingError):
        return error.__cause__
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, _, name = error.missing_cfg_file.rpartition("/")
        if error.options is not None:
            hint = nearest(name, error.options)
            if group == "hydra/launcher":
                hint = f"pip install hydra-{name}-launcher"
            return SettingError(f"there is no {group} '{name}'", where=f"{group}={name}", next_step=hint)
        return SettingError(
            f"there is no file '{error.missing_cfg_file}.yaml' of settings",
            where=f"--config-dir {config_dir}" if config_dir else str(conf_folder()),
            next_step="--config-name takes the name of a file in --config-dir",
        )
    settings = top_level_keys()
    for override in overrides:
        key = override.partition("=")[0].lstrip("+~")
        if key.partition(".")[0] not in settings and "@" not in key:
            return SettingError(
                f"there is no setting '{key}'", where=override, next_step=nearest(key, settings)
            )
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
