"""Writes docs/features.md from the list of feature families: `python docs/features.py`."""

import math
from pathlib import Path

from holdfast.explain.figures import Statements
from holdfast.features.families import FAMILIES
from holdfast.features.family import Claim, Family, Feature, Figure, Group, Reason, Windows
from holdfast.text import reasons as text

SIDES = Statements([]).sides
PAGE = Path(__file__).with_name("features.md")

HEAD = """# Features

Made from the list in `src/holdfast/features/families/` by `docs/features.py`; do not edit.

A column is called `<family>__<measure>__<window>`: a window of 90 days is `90d`, all history is `all`.
Windows are those of `features.windows_days` (`each`), all history (`all`), or as long as the horizon of the
churn question (`horizon`). Every feature sees only facts known before the as-of date.

**Null** means: nothing of the window was observed, since the stream begins later, or there was
nothing to take a mean, a ratio, a last or an extreme value of. Counts and sums of nothing are 0. A feature
whose column the source does not map is left out, and so is a family whose table is absent. What compares one
table with another (`tickets__an_order`) is there only where both are, and null where the window begins
before the first day of either.

**Risk** is the side on which a measure speaks for its reason: `higher` or `lower` values raise the risk.

A **reason** has its texts in `conf/outreach/reasons/`. A text may state the figures below; each is given
only where its condition holds. A text without figures is used only where its own condition holds. The
usual value is the customer's own. **Peers** are comparable customers who stayed (the newest labelled
dates of the model's training): customers for as long who buy as often, unless said otherwise. Worse than
for most means: worse than for the share `explain.worse_than` of them; `{…_peers}` is their median. A
window shorter than `explain.min_gaps` times the customer's usual days between two purchases (two uses, for
`usage`) is not looked at.

A value over a window **without any such fact** speaks for the reason of that absence: without a purchase
`LONG_SILENCE`, without a use `USAGE_DOWN`, without a survey answer `SURVEY_SILENCE`, without anything
else the general reason `HABIT`. A ratio of two kinds of facts (`tickets__an_order`) speaks for the side
that is more unusual among the customers who stayed.

**Causes.** Reasons that speak of the same cause are ranked by the sum of what they add to the risk: buying
or using less, trouble with service, prices, another supplier. What does not say why, such as silence, comes
after a cause that adds at least the share `explain.symptom_weight` of it. One reason of each cause is stated,
then the strongest others; what adds less than the share `explain.material_share` of all that raises a
customer's risk is not. All thresholds are in `conf/explain/`.
"""


def page() -> str:
    """The whole page."""
    families = "".join(section(family) for family in FAMILIES)
    return HEAD + families + texts_section()


def section(family: Family) -> str:
    """One family: its idea, its stream, its features, its reasons."""
    idea, rows = family_idea(family), "".join(row(family, feature) for feature in family.features)
    attributes = "\nEvery column listed under `attributes:` becomes `profile__<column>__all` as well.\n"
    return (
        f"\n## {family.name}\n\n{idea} From `{family.stream}`.\n\n"
        f"| measure | windows | unit | is | risk | reason |\n|---|---|---|---|---|---|\n{rows}"
        f"{attributes if family.attributes else ''}{reasons_table(family.reasons)}"
    )


def family_idea(family: Family) -> str:
    """The first line of the family's file."""
    module = __import__(f"holdfast.features.families.{family.name}", fromlist=["__doc__"])
    return str(module.__doc__).strip().splitlines()[0]


def row(family: Family, feature: Feature) -> str:
    """One feature."""
    windows = {Windows.BOTH: "each, all"}.get(feature.windows, feature.windows.name.lower())
    risk = feature.riskier.name.lower() if feature.riskier else ""
    return (
        f"| `{family.name}__{feature.name}` | {windows} | {feature.unit} | {feature.text} | {risk} "
        f"| `{family.reason_of(feature)}` |\n"
    )


def texts_section() -> str:
    """The columns that a model learns from texts."""
    rows = "".join(
        f"| `text__{measure}` | {side.name.lower() if side else ''} | `{code}` |\n"
        for measure, (code, side) in text.MEASURES.items()
    )
    return (
        "\n## text\n\nText: what customers write, as each model learns it (`conf/text/`); topics have the "
        "reason `TOPIC`. It is stated where a topic that raises the risk is more than half of what the "
        "customer wrote, and names the topic's strongest words.\n\n"
        f"| measure | risk | reason |\n|---|---|---|\n{rows}{reasons_table(text.REASONS)}"
    )


def reasons_table(reasons: tuple[Reason, ...]) -> str:
    """What reasons may state, and when."""
    if not reasons:
        return ""
    head = "\n| reason | text without figures | figures |\n|---|---|---|\n"
    return head + "".join(
        f"| `{one.code}` | {general(one)} | {'; '.join(map(figure, one.figures))} |\n" for one in reasons
    )


def general(reason: Reason) -> str:
    """When the text without figures is used."""
    if reason.otherwise:
        return f"never; where it is not true, `{reason.otherwise}`"
    if reason.levels:
        return "where customers of the same level churned more often than others, beyond chance"
    return condition(reason.general) if reason.general else "always" if reason.neutral else "never"


def figure(one: Figure) -> str:
    """A figure: its placeholders, what it states, and when it is given."""
    names = ", ".join(f"`{{{name}}}`" for name in one.placeholders if name)
    limit = f" (at most {one.at_most:g})" if math.isfinite(one.at_most) else ""
    states = f" = {', '.join(f'`{feature}`' for feature in one.states)}" if one.states else ""
    unless = f", unless `{one.without}` is there" if one.without else ""
    return names + states + limit + (f" where {condition(one.claim)}" if one.claim else "") + unless


def condition(claim: Claim) -> str:
    """A claim in words."""
    parts = []
    limits = [(claim.above, "above "), (claim.at_least, "at least "), (claim.at_most, "at most ")]
    if claim.at_least == claim.at_most:
        limits = [(claim.at_least, "")]
    parts += [f"{words}{limit:g}" for limit, words in limits if math.isfinite(limit)]
    if claim.than:
        side = SIDES[claim.feature]
        words = side.name.lower() if side else "not compared"
        than = {
            "before": "in the window before, by `explain.clear_fall_purchases`",
            claim.feature: "over all history",
        }.get(claim.than, f"`{claim.than}`")
        times = " `explain.clear_ratio` times" if claim.clearly else ""
        parts.append(f"{'not better' if claim.or_equal else words} than{times} {than}")
    if claim.peers is not Group.NOBODY and SIDES[claim.feature]:
        group = "" if claim.peers is Group.RHYTHM else f" ({claim.peers.value})"
        parts.append(f"worse than for most peers{group}")
    if claim.clear_of_peers:
        parts.append("at least `explain.clear_ratio` times their median")
    over = "shortest" if claim.longest is None else "longest"
    days = claim.longest or claim.shortest or 0
    window = f", over the {over} such window" + (f" of {days} days or more" if days else "")
    window += " and at most `explain.recent_days`" if claim.recent else ""
    if claim.confirmed_by:
        usual = f"{claim.at_least} times its value over all history, if both are known"
        window += f", in which `{claim.confirmed_by}` is at least {usual}"
    last = f" and `{claim.last}` is at most `explain.recent_days`" if claim.last else ""
    return f"`{claim.feature}` is {' and '.join(parts) or 'known'}{window if claim.has_windows else ''}{last}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
