"""The page about a past list for the head of retention: first whether contacting helped, then the details."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from holdfast.artifacts.outcomes import Outcomes
from holdfast.outcomes.measure import INCONCLUSIVE
from holdfast.reports.experiments import experiments
from holdfast.reports.outcome_plots import effects_figure, groups_figure
from holdfast.reports.outcome_words import (
    Content,
    headline,
    lead_time_in_words,
    money,
    payments_in_words,
    points,
    power_in_words,
    sentence,
    spoken,
)
from holdfast.reports.page import Tile, render_page, show
from holdfast.reports.plots import calibration_figure
from holdfast.reports.words import NOTHING, churned_means, count, interval, share

TONES = {
    "helped": ("a", "✓"), "harmed": ("c", "✗"), "too early to tell": ("b", "?"), "no hold-out": ("", "–"),
    "not worked": ("", "–"), "made afterwards": ("", "–"),
}  # fmt: skip
GROUPS = {
    "listed": "listed", "held_out": "control group (held out)", "no_consent": "no consent",
    "do_not_contact": "on the do-not-contact list", "already_leaving": "already leaving",
    "payment_failed": "last payment failed", "lapsed": "lapsed",
    "cool_down": "contacted shortly before", "better_left_alone": "a contact would harm",
    "not_worth_it": "not worth a contact", "over_capacity": "list was full",
    "not_listed": "all who were not listed", "all": "all customers",
}  # fmt: skip
WHY_NOT = {
    "listed_before": "were on an earlier list of the same round of draws, and count with that one",
    "held_before": "were held out since an earlier list, and count with that one",
    "no_label": "have no outcome (erased, or corrected since)",
    "no_holdout": "were on a list that held nobody out",
}
PARTS = {"reasons": "By reason", "actions": "By recommended action"}
FEWEST_TO_DRAW = 20  # customers of a calibration curve


def render_outcomes(outcomes: Outcomes) -> dict[str, bytes]:
    """report.html."""
    return {"report.html": render_outcomes_page(outcomes.content(), outcomes.customers())}


def render_outcomes_page(content: Content, followed: pd.DataFrame) -> bytes:
    """The page of outcomes; it shows no single customer."""
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
        "inconclusive": content["verdict"] in INCONCLUSIVE,
        "arms": list(arms(content)),
        "effects": list(effects(content)),
        "power": power_in_words(content),
        "payments": payments_in_words(content),
        "groups": [group(row) for row in content["groups"]],
        "groups_plot": show(groups_figure(content["groups"], GROUPS)),
        "tiers": [{**group(row), "tier": row["tier"]} for row in content["tiers"]],
        "calibration": show_calibration(alone),
        "quality": quality(content["list_quality"]),
        "effects_plot": show(effects_figure(rows)) if len(rows := effect_rows(content)) > 1 else "",
        "parts": [broken_down(content[word], words) for word, words in PARTS.items()],
        "experiments": experiments(content),
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


def title(content: Content) -> str:
    """Which list it is about."""
    lists = content["lists"]
    if len(lists) == 1:
        return f"Outcomes of the list of {lists[0]}"
    return f"Outcomes of {len(lists)} lists, {lists[0]} to {lists[-1]}"


def show_calibration(rows: pd.DataFrame) -> str:
    """The calibration curve of customers left alone; empty for too few."""
    if len(rows) < FEWEST_TO_DRAW:
        return ""
    return show(
        calibration_figure(*(rows[name].to_numpy(float) for name in ("churned", "churn_probability")))
    )


def about(content: Content) -> str:
    """Until when customers were followed, and what leaving is."""
    followed = f"Customers were followed until {max(content['outcome_window_ends'])}."
    return f"{followed} {churned_means(content)}"


def tiles(content: Content) -> Iterator[Tile]:
    """The key figures."""
    saved = content["effect"]["saved"]
    if saved["value"] is not None:
        span = interval(saved["low"], saved["high"], points)
        yield Tile("churn reduction (points)", points(saved["value"]), span)
        for name, words in (("value_kept", "retained value"), ("spend", "additional spend so far")):
            row = content["effect"][name]
            if row["value"] is not None:
                span = interval(row["low"], row["high"], money)
                yield Tile(words, money(row["value"], content), span)
    if content["verdict"] not in INCONCLUSIVE:
        note = f"for the {count(content['compared']['listed'])} listed that are compared"
        yield Tile("cost of contacts", money(content["cost"], content), note)


def arms(content: Content) -> Iterator[dict[str, str]]:
    """Listed and held out, as compared."""
    compared = content["compared"]
    for group_name, words in (("listed", "listed"), ("held_out", "control group (random)")):
        rate = compared[f"rate_{group_name}"]
        yield {"name": words, "customers": count(compared[group_name]), "left": share(rate)}


def effects(content: Content) -> Iterator[dict[str, str]]:
    """Every estimate in a row, with what it means."""
    estimates = content["effect"]
    rows = (
        ("saved", "churn reduction (points)", "per 100 listed customers, contacted or not", points),
        ("value_kept", "retained value", "forecast, with the customer values that the list used", money),
        ("spend", "additional spend in the outcome window", "net of refunds; not margin", money),
        ("reached", "contact rate above the control group (points)", "how well the list was worked", points),
        (
            "saved_if_contacted", "churn reduction among the contacted (points)",
            "per 100 customers contacted because they were listed; the draw serves as instrument", points,
        ),
    )  # fmt: skip
    for name, words, meaning, write in rows:
        row = estimates[name]
        if row["value"] is not None:
            span = interval(row["low"], row["high"], write)
            yield {"name": words, "meaning": meaning, "value": write(row["value"]), "span": span}


def group(row: Content) -> dict[str, str]:
    """The row of a group's outcome."""
    return {
        "name": GROUPS[row["group"]], "customers": count(row["customers"]),
        "predicted": share(row["predicted"]), "observed": share(row["observed"]),
        "span": interval(row["low"], row["high"], share), "contacted": share(row["contacted"]),
    }  # fmt: skip


def quality(figures: Content) -> list[dict[str, str]]:
    """Precision, recall and lift, as observed and estimated without outreach."""
    words = {
        "precision": "share of the listed who churned",
        "recall": "share of all churners who were listed",
        "lift": "churn rate of the listed divided by that of all",
    }
    rows = []
    for name, meaning in words.items():
        cells = [
            NOTHING if row is None or row[name] is None else
            f"{row[name]:.1f}" if name == "lift" else share(row[name])
            for row in (figures["observed"], figures["clean"])
        ]  # fmt: skip
        rows.append({"name": name, "meaning": meaning, "observed": cells[0], "clean": cells[1]})
    return rows


def broken_down(entries: list[Content], caption: str) -> dict[str, Any]:
    """The effect by reason or action: a row for each that can be compared, and the others in a line."""
    few = [
        f"{spoken(row['of'])} ({count(row['listed'])} listed, {count(row['held_out'])} held out)"
        for row in entries
        if row["saved"] is None
    ]
    rows = [part(row) for row in entries if row["saved"] is not None]
    return {"caption": caption, "rows": rows, "few": "; ".join(few)}


def part(row: Content) -> dict[str, str]:
    """A row of the effect by reason or action."""
    p = row["adjusted_p"]
    return {
        "name": spoken(row["of"]), "listed": count(row["listed"]), "held_out": count(row["held_out"]),
        "saved": points(row["saved"]), "span": interval(row["low"], row["high"], points),
        "p": "below 0.001" if p < 0.001 else f"{p:.3f}",
    }  # fmt: skip


def effect_rows(content: Content) -> list[tuple[str, Content]]:
    """The whole list, then each reason and action that can be compared."""
    saved = content["effect"]["saved"]
    rows: list[tuple[str, Content]] = [("everybody compared", {**saved, "saved": saved["value"]})]
    for word in PARTS:
        rows += [(spoken(row["of"]), row) for row in content[word] if row["saved"] is not None]
    return rows
