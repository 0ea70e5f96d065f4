"""The fingerprint of the code behind a result: the modules that a function can reach, and the libraries.

A module is reached when it is imported by the function's own module or by one that is reached, at the top of
a file or inside a function. Imports for type checkers only do not count. `NO_RESULT` names the packages that
cannot change a result: they say what is going on, keep the results and put the settings together. What they
hand to a stage is in its fingerprint by its value.
"""

import ast
import functools
import hashlib
import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
NAME = PACKAGE.name
NO_RESULT = ("cli", "config", "errors", "pipeline", "runtime", "settings", "summaries")
LIBRARIES = ("duckdb", "ibis-framework", "lightgbm", "numba", "numpy", "pandas", "pyarrow", "scikit-learn")
COMPILED = (".pyc", ".nbi", ".nbc")


def code_fingerprint(function: Callable[..., Any]) -> str:
    """The SHA-256 of all modules that a function can reach, of data files beside them, and of LIBRARIES."""
    return module_fingerprint(function.__module__)


@functools.cache
def module_fingerprint(module: str) -> str:
    """The same of a module by its name."""
    digest = hashlib.sha256()
    for file in sorted(files_of(reachable(module))):
        digest.update(file.relative_to(PACKAGE).as_posix().encode())
        digest.update(file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {importlib.metadata.version(library)}".encode())
    return digest.hexdigest()


def reachable(module: str, without: Sequence[str] = NO_RESULT) -> frozenset[str]:
    """The modules of Holdfast that running `module` can load, itself included, `without` left out."""
    found: set[str] = set()
    waiting = [module, *parents_of(module)]
    while waiting:
        name = waiting.pop()
        if name in found or (name.split(".")[1:2] and name.split(".")[1] in without):
            continue
        found.add(name)
        waiting += imports_of(name)
    return frozenset(found)


def files_of(modules: frozenset[str]) -> set[Path]:
    """The files of some modules, and the files that are no Python beside them: templates, scripts, styles."""
    sources = {path for name in modules if (path := source_of(name)) is not None}
    beside = {
        path
        for folder in {source.parent for source in sources} - {PACKAGE}
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in (".py", *COMPILED)
    }
    return sources | beside


@functools.cache
def imports_of(module: str) -> tuple[str, ...]:
    """The modules of Holdfast that a module imports, packages above them included."""
    source = source_of(module)
    if source is None:
        return ()
    tree = ast.parse(source.read_text(encoding="utf-8"))
    names = {name for name in imported(tree) if source_of(name) is not None}
    return tuple(sorted(names.union(*map(parents_of, names))))


def parents_of(module: str) -> list[str]:
    """The packages that a module lies in, but Holdfast's own."""
    parts = _split(module)
    return [".".join(parts[:end]) for end in range(2, len(parts))]


def imported(tree: ast.AST) -> Iterator[str]:
    """The names that a syntax tree imports from Holdfast, as modules and as members of modules."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _split(alias.name)[0] == NAME)
        elif isinstance(node, ast.ImportFrom) and node.module and _split(node.module)[0] == NAME:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imported(node)


@functools.cache
def source_of(module: str) -> Path | None:
    """The file of a module; None where there is no such module."""
    place = PACKAGE.joinpath(*_split(module)[1:])
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file() and file != PACKAGE.with_suffix(".py"):
            return file
    return None


def _split(module: str) -> list[str]:
    return module.split(".")
