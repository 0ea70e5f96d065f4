"""Groups of settings of which every file counts: one more language or CRM is one more file.

They are texts by the thousand and hold no settings of a run, so they are read as they are: Hydra takes
longer to put them together than a short stage takes to run.
"""

import importlib.util
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types

from holdfast.errors import SettingError

PACKAGE = Path(__file__).parent

# By folder: the setting under which each file stands by its name.
COLLECTIONS = {
    "outreach/actions": "actions",
    "outreach/exports": "exports",
    "outreach/page": "page",
    "outreach/reasons": "reasons",
    "text/words": "words",
}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one is ten times faster
    """As OmegaConf reads YAML: days stay texts, and no key may stand twice."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, form) for tag, form in forms if not tag.endswith(":timestamp")]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping, or an error that names the line of the second key."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    "while constructing a mapping", node.start_mark, f"found duplicate key {key.value}",
                    key.start_mark,
                )  # fmt: skip
            seen.add(key.value)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def read_collections(conf: Path, own: Path | None) -> dict[str, dict[str, Any]]:
    """For each collection's setting its files by name; of one name, that in `own` goes before `conf`."""
    folders = [conf] if own is None else [conf, own]
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
    """What a file holds; an empty one holds no settings.

    Raises:
        YAMLError: it is no YAML.
    """
    with file.open(encoding="utf-8") as text:
        content = yaml.load(text, Loader=Loader)
    return {} if content is None else content


def lay_over(below: Any, above: Any) -> Any:
    """Settings with others on top of them: mappings key by key, all else replaced."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: lay_over(below.get(key), value) for key, value in above.items()}}


def explain_yaml(error: Exception) -> SettingError:
    """A file of settings that cannot be read."""
    mark = getattr(error, "problem_mark", None)
    return SettingError(
        "a file of settings is not YAML",
        where=f"{mark.name}, line {mark.line + 1}" if mark else "conf/ or --config-dir",
        found=str(getattr(error, "problem", None) or error),
        next_step="correct it there: blanks count, and text with : # { or [ in it needs quotes",
    )


# --- where things lie ---------------------------------------------------------------------------------


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


def whole_root(root: Any) -> str:
    """`paths.root` as a whole path; null: the project's folder."""
    if root == "":
        raise SettingError("the root is empty", where="paths.root", next_step="name a folder or leave it out")
    return str(project_folder() if root is None else Path(str(root)).expanduser().resolve())


def package_folder(name: str) -> str:
    """`${package:name}`: the folder of an installed Python package (for data that comes with one)."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise SettingError(
            f"the package {name} is not installed",
            where=f"${{package:{name}}}",
            next_step="install the extra that holds it, e.g.: pip install 'holdfast[examples]'",
        )
    return str(Path(found.origin).parent)


def top_level_keys() -> set[str]:
    """The settings and groups that there are."""
    content = read_yaml(conf_folder() / "config.yaml")
    groups = {path.name for path in conf_folder().iterdir() if path.is_dir()}
    return {key for key in content if key != "defaults"} | groups | set(COLLECTIONS.values())
