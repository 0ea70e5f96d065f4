"""The command `holdfast`: settings in, a stage run, errors turned into exit codes."""

import contextlib
import datetime as dt
import logging
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.lists import sweep_unpublished
from holdfast.commands import COMMANDS
from holdfast.composing import conf_folder
from holdfast.config import Config, load_config
from holdfast.errors import HoldfastError, SettingError, nearest
from holdfast.files import sweep_below
from holdfast.runtime.lock import locked
from holdfast.system_errors import explain

USAGE = "holdfast STAGE [key=value …] [--config-dir DIR]"

EXIT_CODES = (
    "exit codes: 0 done · 1 unexpected · 2 wrong setting or usage · 3 data refused · "
    "4 a guard refused to publish · 5 another run holds the lock · 6 no fit model · "
    "7 published, not delivered"
)

PRIVATE = 0o077  # files are 0600, folders 0700: they hold customers
UNWATCHED_WIDTH = 140  # of tables that go into a file or a log


class Call(NamedTuple):
    """What was asked for."""

    stage: str
    overrides: list[str]
    config_dir: Path | None
    help: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    debug = any(word.lower() in ("debug=true", "debug=1") for word in given)
    try:
        call = parse(given)
        if call.help:
            print(help_of(call))
            return 0
        run(call)
    except HoldfastError as error:
        errors.print(f"holdfast: {error}", markup=False, style=None)
        if debug:
            traceback.print_exc()
        return error.exit_code
    except KeyboardInterrupt:
        errors.print("holdfast: stopped; what was not finished was not kept", markup=False)
        return 130
    except Exception as error:  # the last door: nothing may reach a user as a traceback
        refused = explain(error)
        if debug:
            traceback.print_exc()
        elif refused is not None:
            errors.print(f"holdfast: {refused}", markup=False)
        else:
            # without its text, which may quote a customer's row
            errors.print(
                f"holdfast: unexpected: {type(error).__name__}\n"
                "  next:     the same call with debug=true shows what and where",
                markup=False,
            )
        return 1
    return 0


def parse(given: Sequence[str]) -> Call:
    """Split the words of a call."""
    words = list(given)
    wants_help = any(word in ("-h", "--help", "help") for word in words) or not words
    words = [word for word in words if word not in ("-h", "--help", "help")]
    config_dir = None
    rest: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--config-dir" and (not words or "=" in words[0]):
            raise SettingError("--config-dir needs a folder", next_step=USAGE)
        if word == "--config-dir":
            config_dir = Path(words.pop(0))
        elif word.startswith("--config-dir="):
            config_dir = Path(word.partition("=")[2])
        elif word.startswith("-"):
            raise SettingError(
                f"there is no option {word}", expected=USAGE, next_step="settings are given as key=value"
            )
        else:
            rest.append(word)
    if not rest and wants_help:
        return Call("", [], config_dir, help=True)
    if not rest or rest[0] not in COMMANDS:
        found = rest[0] if rest else "nothing"
        raise SettingError(f"there is no stage '{found}'", expected=USAGE, next_step=nearest(found, COMMANDS))
    return Call(rest[0], rest[1:], config_dir, help=wants_help)


def help_of(call: Call) -> str:
    """The stages; or one stage with all settings, as conf/ explains them."""
    stages = "\n".join(f"  {name:<10}{text}" for name, text in COMMANDS.items())
    if not call.stage:
        return (
            f"usage: {USAGE}\n\nstages:\n{stages}\n\n{EXIT_CODES}\nholdfast STAGE --help shows the settings"
        )
    parts = [f"usage: holdfast {call.stage} [key=value …] [--config-dir DIR]\n", COMMANDS[call.stage], ""]
    root = conf_folder()
    parts += ["# settings, with their defaults: key=value; a group's own settings: group.key=value", ""]
    parts.append((root / "config.yaml").read_text(encoding="utf-8").rstrip())
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        files = sorted(folder.glob("*.yaml"))
        names = ", ".join(file.stem for file in files)
        parts.append(
            f"\n\n# ── {folder.name}={{{names}}} " + "─" * max(2, 80 - len(folder.name) - len(names))
        )
        shown = files if folder.name in ("churn", "tracking") else files[:1]
        parts += [
            f"\n# {folder.name}={file.stem}\n" + file.read_text(encoding="utf-8").rstrip() for file in shown
        ]
    return "\n".join(parts)


def run(call: Call) -> None:
    """Run one stage under the lock of its root and show what came out."""
    config = load_config(call.overrides, call.config_dir)
    root = Root(config.paths.root, config.source.name)
    if call.stage == "score" and config.as_of is None:
        raise SettingError(
            "score needs a day",
            where="as_of",
            found="nothing",
            expected="as_of=YYYY-MM-DD, or as_of=latest for the day after the last known fact",
            next_step="holdfast score as_of=latest",
        )
    prepare_process(root, config)
    show_progress(call.stage)
    os.umask(PRIVATE)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else UNWATCHED_WIDTH)
    with locked(root.path):
        sweep_below(root.path)
        sweep_unpublished(root)
        # imported here: Numba reads its cache's folder when the compiled scan is first imported
        from holdfast import pipeline, summaries
        from holdfast.runtime.context import RunContext
        from holdfast.runtime.tracking.log import log_results
        from holdfast.runtime.tracking.stores import connect

        # a store that does not answer is noticed before the work, not after it
        context = RunContext(
            config, root, dt.datetime.now(dt.UTC), lambda: connect(config.tracking, root.path)
        )
        try:
            result: Any = pipeline.run_command(call.stage, context)
        except HoldfastError:
            if context.made_anything:
                with contextlib.suppress(SettingError):  # of the store: the refusal is what to show
                    log_results(context, call.stage)
            raise
        finally:
            context.clear_temporary()
        log_results(context, call.stage)
    for part in summaries.SUMMARIES[call.stage](context, result):
        console.print(part, markup=False, soft_wrap=True) if isinstance(part, str) else console.print(part)


def prepare_process(root: Root, config: Config) -> None:
    """What libraries read from the environment before they are imported."""
    from holdfast.runtime.code import module_fingerprint

    # Numba sees changes of a function's own file only, not of those it calls
    compiled = root.path / ".cache" / "numba" / module_fingerprint("holdfast.features.extraction")[:12]
    os.environ.setdefault("NUMBA_CACHE_DIR", str(compiled))
    os.environ.setdefault("MPLCONFIGDIR", str(root.path / ".cache" / "matplotlib"))
    if config.threads is not None:
        os.environ.setdefault("OMP_NUM_THREADS", str(config.threads))


class Progress(logging.Handler):
    """Prints what is being done to stderr, with the seconds since the start."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self.stage, self.started = stage, time.monotonic()
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        text = record.getMessage()
        text = f"warning: {text}" if record.levelno >= logging.WARNING else text
        self.console.print(f"{self.stage:<9}{time.monotonic() - self.started:6.1f} s  {text}", markup=False)


def show_progress(stage: str) -> None:
    """Send what Holdfast logs to stderr."""
    logger = logging.getLogger("holdfast")
    logger.handlers = [Progress(stage)]
    logger.setLevel(logging.INFO)
    logger.propagate = False
