"""Run a stage under the lock of its root, once or for each job of a sweep, and print its results."""

import contextlib
import csv
import datetime as dt
import functools
import io
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.lists import sweep_unpublished
from holdfast.calls import Call
from holdfast.composing import Composition, compose_settings, sweep
from holdfast.config import Config, check_settings
from holdfast.errors import HoldfastError, SettingError
from holdfast.files import make_private, sweep_below, write_text
from holdfast.runtime.compiled import keep_compiled
from holdfast.runtime.lock import locked
from holdfast.runtime.tracking.log import Group, finish_sweep, group, log_results
from holdfast.secrets import redact
from holdfast.system_errors import explain
from holdfast.terminal import fit, width_of

if TYPE_CHECKING:
    from holdfast.runtime.context import RunContext

REDIRECTED_WIDTH = 140  # of tables in a file or a log, unless COLUMNS is set
NO_SWEEP = ("simulate",)
PRIVATE = 0o077  # files get mode 0600 and folders 0700, because they hold customer data

logger = logging.getLogger("holdfast")


def run(command: str, *overrides: str, config_dir: Path | None = None) -> Any:
    """Run a command from Python as the command line does, and return the stage's artifact. It prints nothing.

    Args:
        overrides: `key=value` as on the command line, such as `paths.root=company` and `as_of=latest`.
        config_dir: the folder of your own settings files, such as `source/shop.yaml`.

    Raises:
        HoldfastError: what the command line would print, such as a refusal of the data.
    """
    _, result = run_locked(command, compose_settings(overrides, config_dir))
    return result


def run_stage(stage: str, composition: Composition, within: Group | None = None) -> dict[str, Any]:
    """Run one stage, print its progress and results, and return its headline figures (only within a sweep).

    Args:
        within: the sweep that this run belongs to.
    """
    with show_progress(stage):
        for file in composition.replaced:
            logger.info("using your %s in place of the shipped one", file)
        context, result = run_locked(stage, composition, within)
    from holdfast import summaries
    from holdfast.runtime.tracking.records import record_of

    console = output()
    for part in summaries.SUMMARIES[stage](context, result):
        show(console, part)
    made = list(context.results.values())
    return dict(record_of(made[-1].artifact).headline) if within and made else {}


def run_locked(stage: str, composition: Composition, within: Group | None = None) -> "tuple[RunContext, Any]":
    """Run one stage under the lock of its root and log it; returns its context and its result."""
    config = check_settings(composition)
    root = Root(config.paths.local, config.source.name, config.paths.remote)
    prepare_process(root, config)
    with private_files(), locked(root.path, wait=composition.chosen.get("hydra/launcher") == "joblib"):
        sweep_below(root.path)
        sweep_unpublished(root)
        if opened := make_private(root.path):
            logger.info("others could read %s: now for this user alone (0700)", ", ".join(opened))
        # imported late: importing the compiled scan makes Numba read its cache folder
        from holdfast import pipeline
        from holdfast.runtime.context import RunContext

        context = RunContext(config, root, dt.datetime.now(dt.UTC))
        kinds = {stage.name: stage.writes for stage in pipeline.STAGES}
        try:
            result: Any = pipeline.run_command(stage, context)
        except HoldfastError:
            if context.made_anything:
                log_results(context, stage, kinds, within)
            raise
        except Exception as error:
            if (refused := explain(error, root.path)) is None:
                raise
            raise refused from error
        finally:
            context.clear_temporary()
        log_results(context, stage, kinds, within)
    return context, result


# --- sweeps -----------------------------------------------------------------------------------------


class Job(NamedTuple):
    """One job of a sweep: its overrides, its headline figures, its exit code, and the folder of the sweep.

    Attributes:
        config: its settings; None if the checks refused them.
    """

    given: dict[str, str]
    figures: dict[str, Any]
    code: int
    folder: Path
    config: Config | None


def run_job(command: str, whole: Group, composition: Composition, folder: Path, number: int) -> Job:
    """Run one job of a sweep; it ends with an exit code, and stops no other."""
    given = dict(word.lstrip("+~").partition("=")[::2] for word in composition.overrides)
    config = None
    with show_progress(command):
        logger.info("job %d: %s", number, " ".join(f"{key}={value}" for key, value in given.items()))
        try:
            config = check_settings(composition)
            return Job(given, run_stage(command, composition, whole), 0, folder, config)
        except HoldfastError as error:
            logger.warning("job %d: %s", number, error)
            return Job(given, {}, error.exit_code, folder, config)


def run_sweep(call: Call) -> int:
    """Run a stage for every combination of values and return the first exit code that is not 0."""
    if call.command in NO_SWEEP:
        raise SettingError(
            f"{call.command} takes no -m", where="-m", expected="a stage that reads what stands",
            next_step=f"holdfast {call.command} for each root by itself",
        )  # fmt: skip
    whole = group(f"{call.command} sweep", dt.datetime.now(dt.UTC))
    job = functools.partial(run_job, call.command, whole)
    jobs = sweep(call.overrides, call.config_dir, call.config_name, job)
    columns, rows = compare(jobs)
    from holdfast.summaries.layout import table

    output().print(table(f"{len(jobs)} jobs", columns, rows))
    for folder in {job.folder for job in jobs}:
        write_text(folder / "results.csv", as_csv(columns, rows))
        show(output(), f"results        {folder / 'results.csv'}")
    configs = [job.config for job in jobs if job.config is not None]
    if configs:
        finish_sweep(configs[-1], whole, columns, rows)
    return next((job.code for job in jobs if job.code), 0)


def compare(jobs: list[Job]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """One row per job: the settings in which jobs differ, and the headline figures."""
    settings = [
        name
        for name in dict.fromkeys(name for job in jobs for name in job.given)
        if len({job.given.get(name) for job in jobs}) > 1
    ]
    figures = list(dict.fromkeys(name for job in jobs for name in job.figures))
    rows = [
        (
            str(number),
            *(job.given.get(name, "") for name in settings),
            *(figure(job.figures.get(name)) for name in figures),
            "done" if job.code == 0 else f"exit {job.code}",
        )
        for number, job in enumerate(jobs, 1)
    ]
    return ["job", *settings, *figures, "ended"], rows


def figure(value: Any) -> str:
    """A figure as text."""
    if value is None:
        return "–"
    return f"{value:,.4f}" if isinstance(value, float) else f"{value:,}"


def as_csv(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    """A table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return redact(text.getvalue())


# --- the process ------------------------------------------------------------------------------------


@contextlib.contextmanager
def private_files() -> Iterator[None]:
    """Files and folders made within are for this user alone."""
    before = os.umask(PRIVATE)
    try:
        yield
    finally:
        os.umask(before)


def output() -> Console:
    """The console for results, as wide as the terminal or COLUMNS; NO_COLOR is respected."""
    return QuietConsole(highlight=False, width=width_of() or REDIRECTED_WIDTH)


def show(console: Console, part: Any) -> None:
    """Print a text or a table."""
    if isinstance(part, str):
        console.print(fit(part), markup=False, soft_wrap=True)
    else:
        console.print(part)


class QuietConsole(Console):
    """A console that leaves a closed pipe to `cli.main`."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def prepare_process(root: Root, config: Config) -> None:
    """Set the environment variables that libraries read at import."""
    keep_compiled(fallback=root.path / ".cache" / "numba")
    os.environ.setdefault("MPLCONFIGDIR", str(root.path / ".cache" / "matplotlib"))
    if config.threads is not None:
        os.environ.setdefault("OMP_NUM_THREADS", str(config.threads))


class Progress(logging.Handler):
    """Prints log records to stderr with the seconds since the start."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self.stage, self.started = stage, time.monotonic()
        self.console = QuietConsole(stderr=True, highlight=False, soft_wrap=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line; a closed stderr does not stop the work."""
        text = redact(record.getMessage())
        text = f"warning: {text}" if record.levelno >= logging.WARNING else text
        try:
            line = f"{self.stage:<9}{time.monotonic() - self.started:6.1f} s  {text}"
            self.console.print(fit(line, sys.stderr), markup=False)
        except OSError:
            self.console.quiet = True


@contextlib.contextmanager
def show_progress(stage: str) -> Iterator[None]:
    """Send Holdfast's log to stderr while a stage runs; afterwards it goes where it went before."""
    before = logger.handlers, logger.level, logger.propagate
    logger.handlers, logger.propagate = [Progress(stage)], False
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before[0], before[2]
        logger.setLevel(before[1])
