"""The page about a past list, for whoever answers for retention: did calling help, in plain words first."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from holdfast.artifacts.outcomes import Outcomes
from holdfast.outcomes.measure import UNTOLD
from holdfast.reports.outcome_plots import effects_figure, groups_figure
from holdfast.reports.outcome_words import (
    Content,
    headline,
    lead_time_in_words,
    money,
    points,
    power_in_words,
    sentence,
    spoken,
)
from holdfast.reports.page import data_address, render_page
from holdfast.reports.plots import calibration_figure
from holdfast.reports.style import to_png
from holdfast.reports.words import NOTHING, count, share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TONES = {
    "helped": ("a", "✓"),
    "harmed": ("c", "✗"),
    "too early to tell": ("b", "?"),
    "no hold-out": ("", "–"),
    "not worked": ("", "–"),
    "made afterwards": ("", "–"),
}
GROUPS = {
    "listed": "on the list", "held_out": "held out, left alone on purpose", "no_consent": "no consent",
    "do_not_contact": "on the do-not-contact list", "already_leaving": "already leaving",
    "lapsed": "lapsed",
    "cool_down": "contacted shortly before", "better_left_alone": "a contact would harm",
    "not_worth_it": "not worth a contact", "over_capacity": "list was full",
    "not_listed": "all who were not listed", "all": "everybody",
}  # fmt: skip
WHY_NOT = {
    "listed_before": "were on an earlier list of the same round of draws, and count with that one",
    "held_before": "were held out since an earlier list, and count with that one",
    "no_label": "have no outcome (erased, or corrected since)",
    "no_holdout": "were on a list that held nobody out",
}
PARTS = {"reasons": "By reason", "actions": "By recommended action"}
FEWEST_TO_DRAW = 20  # customers of a calibration curve


def render_outcomes(found: Outcomes) -> dict[str, bytes]:
    """report.html."""
    return {"report.html": render_outcomes_page(found.content(), found.customers())}


def render_outcomes_page(content: Content, followed: pd.DataFrame) -> bytes:
    """The page of outcomes.

    Args:
        content: what outcomes.json holds (see `outcomes.measure`).
        followed: the customers; the page shows none of them.
    """
    tone, sign = TONES[content["verdict"]]
    alone = followed[(followed["decision"] != "listed") & followed["churned"].notna()]
    alone = alone[~alone["contacted"].astype("boolean").fillna(False).astype(bool)]
    page = {
        "title": title(content),
        "about": about(content),
        "tone": tone,
        "sign": sign,
        "lead_time": lead_time_in_words(content),
        "headline": headline(content),
        "warnings": [sentence(text) for text in content["warnings"]],
        "figures": list(tiles(content)),
        "compared": content["compared"],
        "untold": content["verdict"] in UNTOLD,
        "arms": list(arms(content)),
        "effects": list(effects(content)),
        "power": power_in_words(content),
        "groups": [group(one) for one in content["groups"]],
        "groups_plot": show(groups_figure(content["groups"], GROUPS)),
        "tiers": [{**group(one), "tier": one["tier"]} for one in content["tiers"]],
        "calibration": show(
            calibration_figure(alone["churned"].to_numpy(float), alone["churn_probability"].to_numpy(float))
        )
        if len(alone) >= FEWEST_TO_DRAW
        else "",
        "quality": quality(content["list_quality"]),
        "effects_plot": show(effects_figure(effect_rows(content)))
        if any(one["saved"] is not None for name in PARTS for one in content[name])
        else "",
        "parts": [broken_down(content[word], words) for word, words in PARTS.items()],
        "fewest": content["settings"]["min_customers"],
        "not_compared": [
            f"{count(size)} {WHY_NOT[name]}"
            for name, size in content["compared"]["not_compared"].items()
            if size
        ],
        "left_out": content["left_out"],
        "command": f"holdfast outcomes list_date={content['list_date']} as_of={content['known_until']}",
        "question": content["question"],
    }
    return render_page("outcomes.html.j2", {"page": page})


def show(figure: "Figure") -> str:
    """A figure as an address that holds it."""
    return data_address(to_png(figure))


def title(content: Content) -> str:
    """Which list it is about."""
    lists = content["lists"]
    if content["list_date"] != "all":
        return f"What became of the list of {lists[0]}"
    return (
        f"What became of {len(lists)} lists, {lists[0]} to {lists[-1]}"
        if len(lists) > 1
        else (f"What became of the list of {lists[0]}")
    )


def about(content: Content) -> str:
    """Until when customers were followed."""
    return f"Customers were followed until {max(content['outcome_window_ends'])}."


def tiles(content: Content) -> Iterator[dict[str, str]]:
    """The figures that a reader in a hurry takes along."""
    effect, compared = content["effect"], content["compared"]
    if effect["saved"]["value"] is not None:
        saved = effect["saved"]
        yield {
            "name": "saved of 100 listed",
            "value": points(saved["value"]),
            "note": f"{points(saved['low'])} to {points(saved['high'])}",
        }
        for name, words in (("value_kept", "value kept"), ("spend", "more spent already")):
            if effect[name]["value"] is not None:
                yield {
                    "name": words,
                    "value": money(effect[name]["value"], content),
                    "note": f"{money(effect[name]['low'])} to {money(effect[name]['high'])}",
                }
    if content["verdict"] in UNTOLD:
        return
    yield {
        "name": "spent on contacts",
        "value": money(content["cost"], content),
        "note": f"for the {count(compared['listed'])} listed that are compared",
    }


def arms(content: Content) -> Iterator[dict[str, str]]:
    """Listed and held out, as compared."""
    compared = content["compared"]
    for group_name, words in (("listed", "on the list"), ("held_out", "held out by chance")):
        rate = compared[f"rate_{group_name}"]
        yield {"name": words, "customers": count(compared[group_name]), "left": share(rate)}


def effects(content: Content) -> Iterator[dict[str, str]]:
    """Every estimate in a row, with what it means."""
    found = content["effect"]
    rows = (
        ("saved", "saved of 100 on the list", "whoever of them was really called", points),
        ("value_kept", "value kept", "what the saved will bring, by the worth used for the list", money),
        ("spend", "more spent in the outcome window", "refunds taken off; not margin", money),
        ("reached", "contacted of 100, beyond the held out", "how well the list was worked through", points),
        (
            "saved_if_contacted", "saved of 100 really contacted",
            "those contacted because they were listed; the draw serves as instrument", points,
        ),
    )  # fmt: skip
    for name, words, meaning, write in rows:
        one = found[name]
        if one["value"] is not None:
            yield {
                "name": words,
                "meaning": meaning,
                "value": write(one["value"]),
                "span": f"{write(one['low'])} to {write(one['high'])}",
            }


def group(one: Content) -> dict[str, str]:
    """A row of what became of a group."""
    return {
        "name": GROUPS[one["group"]],
        "customers": count(one["customers"]),
        "predicted": share(one["predicted"]),
        "observed": share(one["observed"]),
        "span": NOTHING if one["low"] is None else f"{share(one['low'])} to {share(one['high'])}",
        "contacted": share(one["contacted"]),
    }


def quality(found: Content) -> list[dict[str, str]]:
    """Precision, recall and lift, as observed and had nobody been called."""
    words = {
        "precision": "of the listed, this share left",
        "recall": "of all who left, this share was listed",
        "lift": "times as often as everybody, the listed left",
    }
    rows = []
    for name, meaning in words.items():
        cells = [
            NOTHING if one is None or one[name] is None else
            f"{one[name]:.1f}" if name == "lift" else share(one[name])
            for one in (found["observed"], found["clean"])
        ]  # fmt: skip
        rows.append({"name": name, "meaning": meaning, "observed": cells[0], "clean": cells[1]})
    return rows


def broken_down(entries: list[Content], caption: str) -> dict[str, Any]:
    """The effect by reason or action: a row for each that can be compared, and the others in a line."""
    few = [
        f"{spoken(one['of'])} ({count(one['listed'])} listed, {count(one['held_out'])} held out)"
        for one in entries
        if one["saved"] is None
    ]
    rows = [part(one) for one in entries if one["saved"] is not None]
    return {"caption": caption, "rows": rows, "few": "; ".join(few)}


def part(one: Content) -> dict[str, str]:
    """A row of the effect by reason or action."""
    p = one["adjusted_p"]
    return {
        "name": spoken(one["of"]),
        "listed": count(one["listed"]),
        "held_out": count(one["held_out"]),
        "saved": points(one["saved"]),
        "span": f"{points(one['low'])} to {points(one['high'])}",
        "p": "below 0.001" if p < 0.001 else f"{p:.3f}",
    }


def effect_rows(content: Content) -> list[tuple[str, Content]]:
    """The whole list, then each reason and action that can be compared."""
    saved = content["effect"]["saved"]
    rows: list[tuple[str, Content]] = [("everybody compared", {**saved, "saved": saved["value"]})]
    for word in PARTS:
        rows += [(spoken(one["of"]), one) for one in content[word] if one["saved"] is not None]
    return rows
