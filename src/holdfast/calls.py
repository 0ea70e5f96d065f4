"""Parse the command line. To keep `--help` fast, nothing here imports Hydra or a stage."""

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from holdfast.commands import COMMANDS, TOOLS
from holdfast.errors import SettingError, nearest

USAGE = "holdfast COMMAND [key=value …] [-m] [--config-dir DIR] [--config-name NAME]"

INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
COMPLETION = [
    f"{what}={shell}" for what in ("install", "uninstall", "query") for shell in ("bash", "zsh", "fish")
]
OPTIONS = (
    "--help", "--help-all", "--version", "--multirun", "--run", "--cfg", "--resolve", "--package", "--info",
    "--config-dir", "--config-name", "--shell-completion",
)  # fmt: skip
REFUSED = {
    "--config-path": "name your folder with --config-dir: its files replace the shipped ones",
    "--experimental-rerun": "it would read a pickle; repeat the call that the model's card names",
    "--hydra-help": "holdfast --help names Hydra's options",
}
SINGLE = {"-c": "--cfg", "-m": "--multirun", "-r": "--run", "-p": "--package", "-i": "--info",
          "-cd": "--config-dir", "-cn": "--config-name", "-sc": "--shell-completion", "-h": "--help",
          "-cp": "--config-path"}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Call:
    """A parsed command line.

    Attributes:
        command: a stage or a tool; empty for help, version and completion alone.
        help: `short`, `all` or empty.
        cfg, resolve, package, info: Hydra's options that show the settings instead of running.
    """

    command: str
    overrides: list[str]
    config_dir: Path | None = None
    config_name: str = "config"
    multirun: bool = False
    help: str = ""
    version: bool = False
    cfg: str | None = None
    resolve: bool = False
    package: str | None = None
    info: str | None = None
    completion: bool = False


class Parser(argparse.ArgumentParser):
    """Hydra's options; an error becomes a `SettingError`."""

    def error(self, message: str) -> NoReturn:
        raise SettingError(message, expected=USAGE, next_step="holdfast --help")


def parse(words: Sequence[str]) -> Call:
    """Parse and check the arguments.

    Raises:
        SettingError: an option or a command does not exist or is not supported.
    """
    given = [_long(word) for word in words]
    for word in given:
        option = word.partition("=")[0]
        if option in REFUSED:
            raise SettingError(f"{option} is not supported", where=word, next_step=REFUSED[option])
        if option.startswith("-") and option not in OPTIONS:
            raise SettingError(
                f"there is no option {word}", expected=USAGE, next_step=nearest(option, OPTIONS)
            )
    parsed = _parser().parse_intermixed_args(given)
    rest = [word for word in parsed.words if word != "help"]
    help_wanted = parsed.help or "help" in parsed.words or not words
    level = "all" if parsed.help_all else "short" if help_wanted else ""
    if parsed.shell_completion:
        if " ".join(rest) not in COMPLETION:
            raise SettingError(
                "--shell-completion needs a shell", found=" ".join(rest) or "nothing",
                next_step="--shell-completion install=bash (or zsh, fish; uninstall= takes it away)",
            )  # fmt: skip
        return Call("", rest, completion=True)
    if not rest and (level or parsed.version):
        return Call("", [], help=level, version=parsed.version)
    command = rest[0] if rest else "nothing"
    commands = (*COMMANDS, *TOOLS)
    if command not in commands:
        raise SettingError(
            f"there is no stage '{command}'", expected=USAGE, next_step=nearest(command, commands)
        )
    folder = None if parsed.config_dir is None else Path(parsed.config_dir)
    return Call(
        command, rest[1:], folder, parsed.config_name, parsed.multirun, level, parsed.version, parsed.cfg,
        parsed.resolve, parsed.package, parsed.info,
    )  # fmt: skip


def _long(word: str) -> str:
    """Replace a short option (`-m`, `-cd`, `-cd=folder`) by its long name."""
    name, equals, value = word.partition("=")
    return SINGLE.get(name, name) + equals + value


def _parser() -> Parser:
    parser = Parser(prog="holdfast", add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    for flag in ("help", "help-all", "version", "multirun", "run", "resolve", "shell-completion"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--cfg", choices=("job", "hydra", "all"))
    parser.add_argument("--package")
    parser.add_argument("--info", nargs="?", const="all", choices=INFO)
    parser.add_argument("--config-dir")
    parser.add_argument("--config-name", default="config")
    return parser
