"""The command `holdfast`: run a stage or a tool and turn errors into exit codes.

Slow imports stay inside the functions that need them, so that `holdfast --help` is fast.
"""

import atexit
import contextlib
import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast import __version__
from holdfast.calls import Call, parse
from holdfast.errors import HoldfastError
from holdfast.secrets import redact
from holdfast.terminal import fit

if TYPE_CHECKING:
    from holdfast.config import Config

# New objects between two collections of cyclic garbage. With the usual 700, collecting takes a tenth of the
# score of a small company: libraries and the queries of Ibis are many objects, hardly any of it garbage.
GARBAGE_THRESHOLD = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:  # the process is this command's own
        gc.set_threshold(GARBAGE_THRESHOLD)
        atexit.register(gc.freeze)  # the system frees all memory at once: no search for garbage before it
    debug = any(word.lower() in ("debug=true", "debug=1") for word in given)
    try:
        code = dispatch(parse(given))
        sys.stdout.flush()
        return code
    except HoldfastError as error:
        print_error(f"holdfast: {error}")
        if debug:
            print_error(traceback.format_exc())
        return error.exit_code
    except KeyboardInterrupt:
        print_error("holdfast: stopped; unfinished results were not kept")
        return 130
    except BrokenPipeError:  # the reader closed the pipe (as `head` does); the work is done
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # a user never sees a traceback without debug=true
        from holdfast.system_errors import explain

        refused = explain(error)
        if debug:
            print_error(traceback.format_exc())
        elif refused is not None:
            print_error(f"holdfast: {refused}")
        else:
            # the error's text may quote a customer's row
            print_error(
                f"holdfast: unexpected: {type(error).__name__}\n"
                "  next:     the same call with debug=true shows what and where"
            )
        return 1


def print_error(text: str) -> None:
    """Print an error to stderr, without secrets; a closed stderr is ignored."""
    with contextlib.suppress(OSError, ValueError):
        print(fit(redact(text), sys.stderr), file=sys.stderr, flush=True)


def dispatch(call: Call) -> int:
    """Run a stage, a sweep or a tool, or print help or settings; return the exit code."""
    if call.version:
        print(f"holdfast {__version__}")
    elif call.help:
        from holdfast.helping import help_of

        print(help_of(call))
    elif call.completion or call.cfg or call.info:
        show_settings(call)
    elif call.command == "config":
        from holdfast.helping import settings_of

        print(redact(settings_of(call)))
    elif call.command == "doctor":
        from holdfast.doctor import examine

        return examine(call)
    elif call.command == "ui":
        open_ui(call)
    elif call.multirun:
        from holdfast.running import run_sweep

        return run_sweep(call)
    else:
        from holdfast.composing import compose_settings
        from holdfast.running import run_stage

        run_stage(call.command, compose_settings(call.overrides, call.config_dir, call.config_name))
    return 0


def show_settings(call: Call) -> None:
    """Handle Hydra's own options: completion, `--cfg`, `--info`."""
    from holdfast import composing

    if call.completion:
        complete(call.overrides)
    elif call.cfg == "job" and call.resolve:
        from holdfast.helping import settings_of

        print(redact(settings_of(call, origins=False)))
    else:
        given = (call.overrides, call.config_dir, call.config_name)
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            if call.info:
                composing.show_info(*given, call.info)
            else:
                composing.show_settings(*given, str(call.cfg), call.package)
        print(redact(shown.getvalue()), end="")


def complete(words: list[str]) -> None:
    """Install shell completion (`install=bash`), or answer a shell about its COMP_LINE (`query=bash`).

    Hydra completes settings, so it gets the line without the command.
    """
    from holdfast import composing
    from holdfast.calls import OPTIONS
    from holdfast.commands import COMMANDS, TOOLS

    line = os.environ.get("COMP_LINE", "").split(" ")
    command, rest = "".join(line[1:2]), line[2:]
    asked, folder = words[0].startswith("query="), None
    if asked and (not rest or rest[-1].startswith("-")):
        options, begun = (OPTIONS, rest[-1]) if rest else ((*COMMANDS, *TOOLS), command)
        print(" ".join(word for word in options if word.startswith(begun)))
        return
    if asked:
        os.environ["COMP_LINE"] = " ".join([line[0], *rest])
        for option, value in zip(rest, [*rest[1:], ""], strict=True):
            folder = Path(value) if option == "--config-dir" and Path(value).is_dir() else folder
    elif words == ["install=zsh"]:  # what is installed is the rule for bash
        print("autoload -Uz compinit bashcompinit && compinit && bashcompinit")
    sys.argv[0] = "holdfast"  # the name that the shell completes
    composing.complete(words, folder)


def open_ui(call: Call) -> None:
    """Serve MLflow's UI for the runs of a root until it is stopped."""
    import subprocess

    from holdfast.composing import compose_settings
    from holdfast.config import check_settings
    from holdfast.errors import SettingError
    from holdfast.runtime.tracking.stores import QUIET, tracking_uri

    ports = [word for word in call.overrides if word.startswith("port=")]
    rest = [word for word in call.overrides if not word.startswith("port=")]
    config: Config = check_settings(compose_settings(rest, call.config_dir, call.config_name))
    uri = tracking_uri(config.tracking, config.paths.local)
    local = uri.startswith("sqlite:///")
    if uri.startswith("http"):
        print(f"the runs are at {redact(uri)}")
        return
    if local and not Path(uri.removeprefix("sqlite:///")).is_file():
        raise SettingError("there are no runs yet", where=uri, next_step="run: holdfast train")
    port = ports[-1].partition("=")[2] if ports else "5000"
    command = [sys.executable, "-m", "mlflow", "ui", "--port", port, "--workers", "1"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **QUIET}
    subprocess.run(
        [*command, "--backend-store-uri", uri], cwd=config.paths.local, env=quiet | os.environ, check=False
    )
