"""`holdfast doctor`: looks at what a run needs: versions, folders, free space, tracking, source."""

import os
import platform
import shutil
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from holdfast import __version__
from holdfast.artifacts.artifact import Root
from holdfast.artifacts.raw import demo_folder
from holdfast.calls import Call
from holdfast.config import Config, check_settings
from holdfast.errors import HoldfastError, SettingError
from holdfast.runtime.code import LIBRARIES
from holdfast.secrets import redact
from holdfast.terminal import fit

LEAST_FREE = 1e9  # bytes
WIDTH = 10  # of the column of names


class Finding(NamedTuple):
    """One line of the report.

    Attributes:
        trouble: what to do next; None: all is well.
    """

    name: str
    found: str
    trouble: str | None = None


def examine(call: Call) -> int:
    """Print every finding; returns 0, or 2 if something is in the way of a run."""
    findings = list(find(call))
    for finding in findings:
        mark = "ok " if finding.trouble is None else "NOT"
        print(fit(f"{mark} {finding.name:<{WIDTH}}  {finding.found}"))
        if finding.trouble is not None:
            print(fit(f"{'':<{WIDTH + 6}}next: {finding.trouble}"))
    return 2 if any(finding.trouble for finding in findings) else 0


def find(call: Call) -> Iterator[Finding]:
    """All findings. Without valid settings, those that need none."""
    from holdfast.composing import compose_settings

    yield Finding("holdfast", f"{__version__} on Python {platform.python_version()}, {platform.platform()}")
    yield find_libraries()
    yield find_openmp()
    try:
        config = check_settings(compose_settings(call.overrides, call.config_dir, call.config_name))
    except HoldfastError as error:
        yield failed("settings", error)
        return
    yield Finding("settings", f"source={config.source.name}, churn={config.churn.kind}")
    yield from find_folders(config.paths.local)
    if config.paths.remote is not None:
        yield guarded("address", lambda: find_address(config))
    yield guarded("tracking", lambda: find_tracking(config))
    demo = demo_folder(Root(config.paths.local, config.source.name))
    if config.source.name == "demo" and not demo.exists():
        yield Finding("source", f"no demo company at {demo}", "holdfast simulate")
        return
    for name in config.source.tables:
        yield guarded("source", lambda name=name: find_table(config, name))  # type: ignore[misc]  # bound now


def guarded(name: str, look: Callable[[], Finding]) -> Finding:
    """What a look finds; a refusal is a finding, too."""
    try:
        return look()
    except HoldfastError as error:
        return failed(name, error)


def failed(name: str, error: HoldfastError) -> Finding:
    """The finding of a check that refused: what is wrong, and the next step."""
    found = "; ".join(filter(None, (error.what, error.lines["where"], error.lines["found"])))
    return Finding(name, found, error.lines["next"] or "correct that, then: holdfast doctor")


def find_libraries() -> Finding:
    """The versions of the libraries that results depend on."""
    names = sorted({*LIBRARIES.values(), "mlflow"})
    try:
        return Finding("libraries", ", ".join(f"{name} {version(name)}" for name in names))
    except PackageNotFoundError as error:
        return Finding(
            "libraries", f"{error.name} is not installed", "pip install --force-reinstall holdfast"
        )


def find_openmp() -> Finding:
    """Whether LightGBM loads, which needs OpenMP of the system."""
    try:
        import lightgbm  # noqa: F401
    except OSError as error:
        install = "apt install libgomp1 (Fedora: dnf install libgomp; macOS: brew install libomp)"
        return Finding("OpenMP", f"LightGBM does not load: {error}", install)
    return Finding("OpenMP", "LightGBM loads")


def find_folders(root: Path) -> Iterator[Finding]:
    """The rights and the free space of the root."""
    from holdfast.system_errors import existing, size

    folders = [root, root / "data", root / "models"]
    closed = [
        folder for folder in map(existing, folders) if not os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    ]
    if closed:
        rights = "give this user the right to read and write there, or another paths.root or paths.local"
        yield Finding("folder", f"{closed[0]} cannot be written", rights)
    else:
        yield Finding("folder", f"{root}{'' if root.exists() else ' (will be created)'}")
    disk = shutil.disk_usage(existing(root))
    found = f"{size(disk.free)} free of {size(disk.total)}"
    short = f"free some space: {size(LEAST_FREE)} at least, or give another paths.root or paths.local"
    yield Finding("space", found, short if disk.free < LEAST_FREE else None)


def find_address(config: Config) -> Finding:
    """Whether the root's address answers, can be written, and belongs to this `paths.local` or nobody."""
    from holdfast.artifacts.large import is_owner

    root = Root(config.paths.local, config.source.name, config.paths.remote)
    assert root.remote is not None
    owned = is_owner(root, root.remote)
    probe = root.remote / f".holdfast-{uuid.uuid4().hex}"
    with probe.open_output() as file:
        file.write(b"")
    probe.remove()
    whose = "belongs to this paths.local" if owned else "belongs to nobody yet"
    return Finding("address", f"{root.remote} can be read and written, and {whose}")


def find_tracking(config: Config) -> Finding:
    """Whether the tracking store answers within seconds."""
    from holdfast.runtime.tracking.stores import reach, tracking_uri

    if config.tracking.name == "off":
        return Finding("tracking", "off")
    uri = tracking_uri(config.tracking, config.paths.local)
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists():
        return Finding("tracking", f"{redact(uri)} (will be created)")
    reach(uri)
    return Finding("tracking", f"{redact(uri)} answers")


def find_table(config: Config, name: str) -> Finding:
    """Whether the files of a table are there, or its database answers within seconds."""
    from holdfast.sources.databases import connected
    from holdfast.sources.inputs import find_files
    from holdfast.sources.queries import redacted_url
    from holdfast.sources.table_settings import IN_MEMORY

    table, where = config.source.tables[name], f"source.tables.{name}"
    if table.database is None:
        if table.read is None:
            raise SettingError("the table names neither files nor a database", where=where)
        files = find_files(table.read, f"{where}.read")
        return Finding("source", f"{name}: {len(files)} {'file' if len(files) == 1 else 'files'}")
    url = table.database.get_secret_value()
    if url in IN_MEMORY:
        return Finding("source", f"{name}: a query over files, checked by: holdfast validate")
    with connected(url, where):
        return Finding("source", f"{name}: {redacted_url(url)} answers")
