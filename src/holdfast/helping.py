"""The texts of `--help`, `--help-all` and `holdfast config`, generated from conf/ and the stages."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.calls import INFO, USAGE, Call
from holdfast.commands import COMMANDS, COMMON, EVERYWHERE, SECTIONS, TOOLS
from holdfast.terminal import fit

if TYPE_CHECKING:
    from holdfast.composing import Composition

WIDTH = 36  # of the column of settings
EXIT_CODES = """exit codes:
  0  done
  1  unexpected
  2  wrong setting or usage
  3  data refused
  4  a guard refused to publish
  5  another run holds the lock
  6  no fit model
  7  published, not delivered"""
FRONT = "pages:  data/index.html, below paths.root, links all pages"
EXAMPLES = """examples:
  holdfast train source=shop --config-dir conf   your own conf/source/shop.yaml
  holdfast train experiment=quick                a preset of conf/experiment/
  holdfast train -m model.num_leaves=7,15        a sweep: one run for each value
  holdfast score as_of=latest language=el
  holdfast train --cfg job                       the settings, without a run"""
OPTIONS = f"""options, as Hydra has them:
  -m, --multirun           run for every combination of values: key=a,b
  --config-dir DIR         your own files, in front of the shipped ones
  --config-name NAME       another main file than config
  --cfg job|hydra|all      print the settings before they are checked
                           (--resolve, --package NAME)
  --info WHAT              {" ".join(INFO)}
  --shell-completion       install=bash|zsh|fish
  --version, --help, --help-all"""
COMPLETION = """completion, in the shell's start-up file:
  eval "$(holdfast --shell-completion install=bash)"
  eval "$(holdfast --shell-completion install=zsh)"
  holdfast --shell-completion install=fish | source"""


def help_of(call: Call) -> str:
    """Help on all commands, or on one command with its common settings or with all settings."""
    if not call.command:
        return fit(
            "\n\n".join([f"usage:  {USAGE}", commands(), FRONT, EXAMPLES, OPTIONS, COMPLETION, EXIT_CODES])
        )
    head = [f"usage: holdfast {call.command} [key=value …]", (COMMANDS | TOOLS)[call.command]]
    if call.help == "all" or call.command in TOOLS:
        return "\n".join([*head, "", every_setting()])
    lines = [
        f"  {f'{name}={value}':<{WIDTH}}  {about}".rstrip()
        for name, value, about in changed_often(call.command)
    ]
    more = f"holdfast {call.command} --help-all shows every setting; holdfast --help the options"
    text = [*head, "", "settings that people change, with their defaults:", *lines, "", more]
    return fit("\n".join(text))


def commands() -> str:
    """All commands, in sections."""
    descriptions = COMMANDS | TOOLS
    parts = [
        "\n".join([f"{title}:", *(f"  {name:<10}{descriptions[name]}" for name in names)])
        for title, names in SECTIONS.items()
    ]
    return "\n\n".join(parts)


def changed_often(command: str) -> Iterator[tuple[str, str, str]]:
    """Name, default and comment of a command's commonly changed settings."""
    from holdfast.collecting import conf_folder

    if command == "simulate":
        declared: set[str] = {"demo", "seed", "paths.root"}
    else:
        from holdfast.pipeline import STAGES

        command_stage = next(stage for stage in STAGES if stage.name == command)
        declared = set(EVERYWHERE)
        for stage in (*command_stage.upstream(), command_stage):
            declared |= {*stage.settings, *(("as_of",) if stage.day else ())}
    for name, value, about in documented(conf_folder()):
        if any(_within(name, key) for key in COMMON) and any(
            _within(name, key) or _within(key, name) for key in declared
        ):
            yield name, value, about


def _within(name: str, key: str) -> bool:
    """Whether a dotted name is `key` or lies below it."""
    return name == key or name.startswith(f"{key}.")


def documented(conf: Path) -> Iterator[tuple[str, str, str]]:
    """Name, default and comment of the top-level settings of config.yaml and of each chosen group file."""
    main = (conf / "config.yaml").read_text(encoding="utf-8")
    chosen = re.findall(r"^  - (\w+): (\w+)", main, re.M)
    for group, name in chosen:
        options = ", ".join(sorted(file.stem for file in (conf / group).glob("*.yaml")))
        if group in ("source", "churn", "tuning", "tracking", "experiment"):
            yield group, name, f"one of: {options}"
        if group not in ("source", "experiment", "tuning", "tracking"):
            text = (conf / group / f"{name}.yaml").read_text(encoding="utf-8")
            yield from _lines(text, f"{group}.")
    yield from _lines(main, "")
    yield from _lines(re.sub(r"^  ", "", main.partition("\npaths:\n")[2], flags=re.M), "paths.")


def _lines(text: str, prefix: str) -> Iterator[tuple[str, str, str]]:
    for line in re.finditer(r"^(\w+): +([^#\n]+?)(?: +# (.*))?$", text, re.M):
        yield f"{prefix}{line[1]}", line[2].strip(), line[3] or ""


def every_setting() -> str:
    """The text of all files of conf/, with their comments."""
    from holdfast.collecting import conf_folder

    root = conf_folder()
    parts = ["# settings, with their defaults: key=value; a group's own settings: group.key=value", ""]
    parts.append((root / "config.yaml").read_text(encoding="utf-8").rstrip())
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        files = sorted(folder.glob("*.yaml"))
        names = ", ".join(file.stem for file in files)
        rule = "─" * max(2, 80 - len(folder.name) - len(names))
        parts.append(f"\n\n# ── {folder.name}={{{names}}} {rule}")
        shown = files if folder.name in ("churn", "tracking", "experiment") else files[:1]
        parts += [
            f"\n# {folder.name}={file.stem}\n" + file.read_text(encoding="utf-8").rstrip() for file in shown
        ]
    return "\n".join(parts)


# --- the settings of one call -------------------------------------------------------------------------


def settings_of(call: Call, *, origins: bool = True) -> str:
    """The checked settings, one per line with its origin; secrets stay hidden."""
    from holdfast.collecting import COLLECTIONS
    from holdfast.composing import compose_settings
    from holdfast.config import check_settings
    from holdfast.runtime.settings import as_json

    composition = compose_settings(call.overrides, call.config_dir, call.config_name)
    config = check_settings(composition)
    content = {
        name: as_json(getattr(config, name))
        for name in type(config).model_fields
        if name not in COLLECTIONS.values()
    }
    lines = []
    layers = list(layers_of(composition, call)) if origins else []
    for name, value in flat(content):
        text = f"{name}: {value}"
        lines.append(fit(f"{text:<60}  # {origin(name, composition, layers)}") if origins else text)
    return "\n".join(lines)


def flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as pairs of dotted name and YAML value."""
    import json

    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", json.dumps(value, ensure_ascii=False)


def layers_of(composition: "Composition", call: Call) -> Iterator[tuple[str, set[str]]]:
    """Name and dotted settings of each composed file, the one with the highest precedence first."""
    from holdfast.collecting import conf_folder, read_yaml

    chosen = sorted(composition.chosen.items(), key=lambda choice: choice[0] != "experiment")
    files = [(f"{group}/{name}.yaml", f"{group}.") for group, name in chosen if "hydra" not in group]
    files += [(f"{call.config_name}.yaml", ""), ("config.yaml", "")]
    for file, prefix in files:
        for folder, label in ((call.config_dir, str(call.config_dir)), (conf_folder(), "conf")):
            if folder is not None and (folder / file).is_file():
                content = {key: value for key, value in read_yaml(folder / file).items() if key != "defaults"}
                below = "" if prefix == "experiment." else prefix
                yield f"{label}/{file}", {name for name, _ in flat(content, below)}


def origin(name: str, composition: "Composition", layers: list[tuple[str, set[str]]]) -> str:
    """The origin of a setting: the command line, a file or the default."""
    for override in composition.overrides:
        key = override.partition("=")[0].lstrip("+~")
        if key not in composition.chosen and _within(name, key):
            return "command line"
    return next((file for file, keys in layers if any(_within(name, key) for key in keys)), "default")
