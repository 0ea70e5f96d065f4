"""Collections: groups of settings whose files are all used, such as languages and CRM templates.

They hold thousands of texts and no settings of a run. They are read without Hydra, which would take longer
to compose them than a short stage takes to run.
"""

import contextlib
import importlib.util
import math
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types

from holdfast.errors import SettingError
from holdfast.storage import ADDRESS, check_address

MOST_VALUES = 100_000  # of a file of settings, its aliases replaced

PACKAGE = Path(__file__).parent

# Folder → the setting that holds its files by name.
COLLECTIONS = {
    "outreach/actions": "actions",
    "outreach/exports": "exports",
    "outreach/page": "page",
    "outreach/reasons": "reasons",
    "text/words": "words",
}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one is ten times faster
    """Reads YAML as OmegaConf does: dates stay texts, and duplicate keys are errors."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, form) for tag, form in forms if not tag.endswith(":timestamp")]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping; a duplicate key is an error that names its line."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    "while constructing a mapping", node.start_mark, f"found duplicate key {key.value}",
                    key.start_mark,
                )  # fmt: skip
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def read_collections(conf: Path, config_dir: Path | None) -> dict[str, dict[str, Any]]:
    """Setting → file name → content; files in `config_dir` replace those in `conf` of the same name."""
    folders = [conf] if config_dir is None else [conf, config_dir]
    return {
        setting: {
            file.stem: read_yaml(file)
            for folder in folders
            for file in sorted((folder / group).glob("*.yaml"))
            if re.fullmatch(r"\w+", file.stem)
        }
        for group, setting in COLLECTIONS.items()
    }


def read_yaml(file: Path) -> Any:
    """The content of a YAML file; an empty file is an empty mapping.

    Raises:
        YAMLError: it is no YAML.
    """
    with file.open(encoding="utf-8") as text:
        content = yaml.load(text, Loader=Loader)
    return {} if content is None else content


def lay_over(below: Any, above: Any) -> Any:
    """Merge `above` into `below`: mappings key by key; any other value is replaced."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: lay_over(below.get(key), value) for key, value in above.items()}}


def explain_yaml(error: Exception) -> SettingError:
    """The error for a settings file that is not YAML."""
    mark = getattr(error, "problem_mark", None)
    return SettingError(
        "a file of settings is not YAML",
        where=f"{mark.name}, line {mark.line + 1}" if mark else "conf/ or --config-dir",
        found=str(getattr(error, "problem", None) or error),
        next_step="correct it there: blanks count, and text with : # { or [ in it needs quotes",
    )


def refuse_endless(config_dir: Path) -> None:
    """Refuse the user's YAML files whose anchors refer to themselves or expand to too many values."""
    for path in sorted(config_dir.rglob("*.yaml")):
        with contextlib.suppress(OSError, UnicodeDecodeError, yaml.YAMLError):  # explained where it is read
            try:
                size = expanded_size(yaml.compose(path.read_text(encoding="utf-8")), {})
            except RecursionError:
                size = math.inf
            if size > MOST_VALUES:
                raise SettingError(
                    "the anchors of a file of settings refer to themselves, or to too much",
                    where=str(path),
                    found="no end" if size == math.inf else f"{size:,.0f} values",
                    expected=f"at most {MOST_VALUES:,}",
                    next_step="replace the aliases (*name) by their values",
                )


def expanded_size(node: Any, known: dict[int, float]) -> float:
    """The number of values of a YAML node without aliases; infinite: it refers to itself."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = math.inf  # until it is known: an alias of itself
        pairs = node.value if isinstance(node, yaml.MappingNode) else [(child,) for child in node.value]
        known[id(node)] = 1 + sum(expanded_size(child, known) for pair in pairs for child in pair)
    return known[id(node)]


# --- folders ------------------------------------------------------------------------------------------


def conf_folder() -> Path:
    """The folder of the settings: `conf/` in the installed package or in the checkout."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "conf"


def project_folder() -> Path:
    """The default root: the checkout, or else the working folder."""
    checkout = PACKAGE.parents[1]
    return (
        checkout if (checkout / "conf").is_dir() and (checkout / "pyproject.toml").is_file() else Path.cwd()
    )


def whole_root(root: Any) -> str:
    """`paths.root` as an absolute path, or as an address; null: the project folder."""
    if root == "":
        raise SettingError("the root is empty", where="paths.root", next_step="name a folder or leave it out")
    if ADDRESS.match(str(root)):
        return check_address(str(root), "paths.root")
    return str(project_folder() if root is None else Path(str(root)).expanduser().resolve())


def local_root(root: Any, local: Any) -> str:
    """`paths.local` as an absolute path; null: `paths.root`, where that is a folder."""
    if local in (None, "") and ADDRESS.match(str(root)):
        raise SettingError(
            "the root is an address, where only large files can lie", where="paths.local", found="nothing",
            expected="a folder of this machine for models, lists, pages and manifests",
            next_step="paths.local=/folder; or mount the bucket, and name the folder that it is mounted on",
        )  # fmt: skip
    if ADDRESS.match(str(local)):
        raise SettingError("paths.local is an address", where="paths.local", expected="a folder")
    if local in (None, ""):
        return whole_root(root)
    if not ADDRESS.match(str(root)) and whole_root(local) != whole_root(root):
        raise SettingError(
            "paths.local is only for a root that is an address", where="paths.local",
            found=f"paths.root={root}", next_step="leave paths.local out, or give an address as paths.root",
        )  # fmt: skip
    return whole_root(local)


def package_folder(name: str) -> str:
    """`${package:name}`: the folder of an installed Python package, for data shipped in it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SettingError(
            f"the package {name} is not installed",
            where=f"${{package:{name}}}",
            next_step="install the extra that holds it, e.g.: pip install 'holdfast[examples]'",
        )
    return str(Path(spec.origin).parent)


def top_level_keys() -> set[str]:
    """The names of all top-level settings and groups."""
    content = read_yaml(conf_folder() / "config.yaml")
    groups = {path.name for path in conf_folder().iterdir() if path.is_dir()}
    return {key for key in content if key != "defaults"} | groups | set(COLLECTIONS.values())
