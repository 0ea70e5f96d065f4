"""The fingerprint of the code behind a result: all modules that a function imports, and their libraries.

Imports are followed from module to module, at the top of a file or inside a function. Imports for type
checkers do not count. The packages in `NO_RESULT` cannot change a result: they report progress, store results
and compose settings. The values that they hand to a stage are part of its fingerprint.
"""

import functools
import hashlib
import importlib.metadata
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
NAME = PACKAGE.name
NO_RESULT = (
    "cli", "config", "errors", "pipeline", "running", "runtime", "secrets", "settings", "summaries",
    "terminal",
)  # fmt: skip
# The libraries that compute results: name in imports → name of the distribution.
LIBRARIES = {
    "duckdb": "duckdb", "ibis": "ibis-framework", "lightgbm": "lightgbm", "numba": "numba", "numpy": "numpy",
    "optuna": "optuna", "pandas": "pandas", "pyarrow": "pyarrow", "scipy": "scipy", "sklearn": "scikit-learn",
}  # fmt: skip
LIBRARY = re.compile(rf"^[ \t]*(?:import|from) ({'|'.join(LIBRARIES)})\b", re.M)
STAGES, ENGINE = f"{NAME}.stages.", f"{NAME}.engine.opening"  # the run context opens the engine for a stage
COMPILED = (".pyc", ".nbi", ".nbc")

IMPORT = re.compile(rf"^[ \t]*import ({NAME}\b[\w.]*)", re.M)
FROM_IMPORT = re.compile(rf"^[ \t]*from ({NAME}\b[\w.]*) import (\([^)]*\)|.*)", re.M)
MEMBER = re.compile(r"(?:^|[(,])\s*(\w+)")
FOR_TYPES = re.compile(r"^([ \t]*)if TYPE_CHECKING:\n(?:\1[ \t]+\S.*\n|[ \t]*\n)+", re.M)


def code_fingerprint(function: Callable[..., Any]) -> str:
    """The SHA-256 of all modules that a function imports, of their data files and libraries' versions."""
    return module_fingerprint(function.__module__)


@functools.cache
def module_fingerprint(module: str) -> str:
    """`code_fingerprint` for a module, by its name."""
    digest = hashlib.sha256()
    modules = reachable(module)
    for file in sorted(files_of(modules)):
        digest.update(file.relative_to(PACKAGE).as_posix().encode())
        digest.update(content_of(file))
    for library in libraries_of(modules):
        digest.update(f"{library} {importlib.metadata.version(library)}".encode())
    return digest.hexdigest()


def libraries_of(modules: frozenset[str]) -> list[str]:
    """The distributions among LIBRARIES that some modules import."""
    names = frozenset().union(*map(libraries_in, modules))
    return sorted(LIBRARIES[name] for name in names)


@functools.cache
def libraries_in(module: str) -> frozenset[str]:
    """The names among LIBRARIES that one module imports."""
    source = source_of(module)
    return frozenset(LIBRARY.findall(content_of(source).decode())) if source is not None else frozenset()


@functools.cache
def content_of(file: Path) -> bytes:
    """The content of a file of the package, read once: the stages of a command share most modules."""
    return file.read_bytes()


def reachable(module: str, without: Sequence[str] = NO_RESULT) -> frozenset[str]:
    """The modules of Holdfast that `module` imports directly or indirectly, itself included."""
    visited: set[str] = set()
    waiting = [module, *parents_of(module)]
    if module.startswith(STAGES):
        waiting.append(ENGINE)
    while waiting:
        name = waiting.pop()
        if name in visited or (name.split(".")[1:2] and name.split(".")[1] in without):
            continue
        visited.add(name)
        waiting += imports_of(name)
    return frozenset(visited)


def files_of(modules: frozenset[str]) -> set[Path]:
    """The source files of some modules, and the other files in their folders: templates, scripts, styles."""
    sources = {path for name in modules if (path := source_of(name)) is not None}
    folders = {source.parent for source in sources} - {PACKAGE}
    return sources.union(*map(data_files_in, folders))


@functools.cache
def data_files_in(folder: Path) -> frozenset[Path]:
    """The files of a folder that are no code: templates, scripts, styles."""
    return frozenset(
        path for path in folder.iterdir() if path.is_file() and path.suffix not in (".py", *COMPILED)
    )


@functools.cache
def imports_of(module: str) -> tuple[str, ...]:
    """The modules of Holdfast that a module imports, with their parent packages."""
    source = source_of(module)
    if source is None:
        return ()
    names = {name for name in imported(content_of(source).decode()) if source_of(name) is not None}
    return tuple(sorted(names.union(*map(parents_of, names))))


def parents_of(module: str) -> list[str]:
    """The parent packages of a module, except `holdfast`."""
    parts = _split(module)
    return [".".join(parts[:end]) for end in range(2, len(parts))]


def imported(source: str) -> Iterator[str]:
    """The names that a source text imports from Holdfast, as modules and as members of modules.

    Regular expressions, as parsing every file would take most of the time of a command with nothing to do.
    """
    source = FOR_TYPES.sub("", source)
    yield from IMPORT.findall(source)
    for module, names in FROM_IMPORT.findall(source):
        yield module
        yield from (f"{module}.{name}" for name in MEMBER.findall(names))


@functools.cache
def source_of(module: str) -> Path | None:
    """The file of a module; None: there is no such module."""
    path = PACKAGE.joinpath(*_split(module)[1:])
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file() and file != PACKAGE.with_suffix(".py"):
            return file
    return None


def _split(module: str) -> list[str]:
    return module.split(".")
