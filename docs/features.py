"""Writes docs/features.md from the list of feature families: `python docs/features.py`."""

from pathlib import Path

from holdfast.features.families import FAMILIES
from holdfast.features.family import Family, Feature, Windows

PAGE = Path(__file__).with_name("features.md")

HEAD = """# Features

Made from the list in `src/holdfast/features/families/` by `docs/features.py`; do not edit.

A column is called `<family>__<measure>__<window>`: a window of 90 days is `90d`, all history is `all`.
Windows are those of `features.windows_days`. Every feature sees only facts known before the as-of date.

**Null** means: the window begins before the first day of the stream (so 0 would be a guess), or there was
nothing to take a mean, a ratio, a newest or an extreme value of. Counts and sums of nothing are 0. A feature
whose column the source does not map is left out, and so is a family whose table is absent. What holds one
table against another (`tickets__an_order`) is there only where both are, and null where the window begins
before the first day of either.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(section(family) for family in FAMILIES)


def section(family: Family) -> str:
    """One family: its idea, its stream, its features."""
    idea = family_idea(family)
    rows = "".join(row(family, feature) for feature in family.features)
    more = (
        "\nEvery column listed under `attributes:` becomes `profile__<column>__all` as well.\n"
        if family.attributes
        else ""
    )
    return (
        f"\n## {family.name}\n\n{idea} From `{family.stream}`; "
        f"reason `{family.reason}` unless another is named.\n\n"
        f"| measure | windows | unit | says | reason |\n|---|---|---|---|---|\n{rows}{more}"
    )


def family_idea(family: Family) -> str:
    """The first line of the family's file."""
    module = __import__(f"holdfast.features.families.{family.name}", fromlist=["__doc__"])
    return str(module.__doc__).strip().splitlines()[0]


def row(family: Family, feature: Feature) -> str:
    """One feature."""
    windows = {Windows.EACH: "each", Windows.LIFE: "all", Windows.BOTH: "each, all"}[feature.windows]
    reason = "" if feature.reason in (None, family.reason) else f"`{feature.reason}`"
    return f"| `{family.name}__{feature.name}` | {windows} | {feature.unit} | {feature.text} | {reason} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
