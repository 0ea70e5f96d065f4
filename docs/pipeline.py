"""Writes docs/pipeline.md from the declared stages: `python docs/pipeline.py`."""

from pathlib import Path
from typing import Any

from holdfast import pipeline
from holdfast.commands import COMMANDS
from holdfast.runtime.stage import Ask, Stage

PAGE = Path(__file__).with_name("pipeline.md")

HEAD = """# The stages

Made from the declarations in `src/holdfast/pipeline.py` by `docs/pipeline.py`; do not edit.

A stage runs what it reads from. It is skipped where its result stands for the same inputs, settings and code.
Those that are commands are in bold; the others run on the way.

| stage | as of | reads | writes |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(map(row, pipeline.STAGES)) + "".join(map(section, pipeline.STAGES))


def row(stage: Stage[Any]) -> str:
    """A stage in the table."""
    name = (
        f"**[{stage.name}](#{stage.name})**" if stage.name in COMMANDS else f"[{stage.name}](#{stage.name})"
    )
    dated = "a day" if stage.day is not None else ""
    reads = ", ".join(stage.reads)
    return f"| {name} | {dated} | {reads} | {stage.writes.kind} |\n"


def source_of(read: Stage[Any] | Ask) -> str:
    """What is read, in a word or a line."""
    if isinstance(read, Stage):
        return str(read.writes.kind)
    text = first_line(read.answer).split(";")[0].rstrip(".")
    return text[0].lower() + text[1:]


def section(stage: Stage[Any]) -> str:
    """A stage with all that decides its result."""
    lines = [f"\n## {stage.name}\n", f"{stage.does[0].upper()}{stage.does[1:]}. {first_line(stage.run)}\n"]
    lines += [f"- `{name}`: {source_of(read)}" for name, read in stage.reads.items()]
    for name, read in stage.held_against.items():
        lines.append(f"- `{name}`, which the result is only compared with: {source_of(read)}")
    lines.append(f"- settings: {', '.join(f'`{name}`' for name in stage.settings) or 'none'}")
    return "\n".join(lines) + "\n"


def first_line(function: Any) -> str:
    """The first sentence of a docstring."""
    return str(function.__doc__).strip().splitlines()[0]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
