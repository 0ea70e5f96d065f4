"""Writes docs/pipeline.md from the declared stages: `python docs/pipeline.py`."""

import re
from inspect import unwrap
from pathlib import Path
from typing import Any

from holdfast import pipeline
from holdfast.commands import COMMANDS
from holdfast.runtime.stage import Lookup, Stage

PAGE = Path(__file__).with_name("pipeline.md")

HEAD = """# The stages

Made from the declarations in `src/holdfast/pipeline.py` by `docs/pipeline.py`; do not edit.

A stage runs what it reads from. It is skipped where its result stands for the same inputs, settings and code.
Those that are commands are in bold; the others run on the way.
At the end of a command, `data/index.html` is written anew if a page has changed ([the front page](front.md)).

| stage | as of | reads | writes |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(map(row, pipeline.STAGES)) + "".join(map(section, pipeline.STAGES))


def row(stage: Stage[Any]) -> str:
    """A stage in the table."""
    link = f"[{stage.name}](#{stage.name})"
    name = f"**{link}**" if stage.name in COMMANDS else link
    dated = "" if stage.day is None else "a day"
    return f"| {name} | {dated} | {', '.join(stage.reads)} | {writes(stage)} |\n"


def section(stage: Stage[Any]) -> str:
    """A stage with all that decides its result."""
    lines = [f"\n## {stage.name}\n", f"{first_line(unwrap(stage.run))}\n"]
    lines += [f"- reads `{name}`: {source_of(read)}" for name, read in stage.reads.items()]
    lines += [f"- compares with `{name}`: {source_of(read)}" for name, read in stage.compared_with.items()]
    lines.append(f"- is given the settings {', '.join(f'`{name}`' for name in stage.settings)}")
    lines.append(f"- writes {lower(first_line(stage.writes))}")
    return "\n".join(lines) + "\n"


def writes(stage: Stage[Any]) -> str:
    """The name of what a stage writes, in words."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", stage.writes.__name__).lower()


def source_of(read: Stage[Any] | Lookup) -> str:
    """What is read, in a line."""
    if isinstance(read, Stage):
        return f"what [{read.name}](#{read.name}) writes"
    text = lower(first_line(read.answer)).partition("; None")[0]
    other = "" if read.otherwise is None else f"; else {source_of(read.otherwise)}"
    return text.rstrip(".") + other


def first_line(documented: Any) -> str:
    """The first sentence of a docstring."""
    return str(documented.__doc__).strip().splitlines()[0]


def lower(text: str) -> str:
    """A sentence as part of another."""
    return text[0].lower() + text[1:]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
