"""The page about a trained model: `report.html` beside its `card.json`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.outcomes.lead_time import IN_TIME_DAYS, MIN_LOST
from holdfast.reports import findings
from holdfast.reports.findings import FIGURES, span, span_of
from holdfast.reports.outcome_words import money, replayed_in_words
from holdfast.reports.page import Tile, data_address, render_page
from holdfast.reports.words import NOTHING, churned_means, count, number, settings_as_rows, share

Card = Mapping[str, Any]

PLOTS = {
    "gain": ("Gain", "The share of all churners among the first customers of the list (recall)."),
    "lift": ("Lift", "The churn rate of the first customers of the list, divided by the average."),
    "calibration": (
        "Calibration",
        "Customers in groups of equal size, by predicted probability: on the dotted line, predicted and "
        "observed churn are equal. Bars are 95% intervals; below, the distribution of the probabilities.",
    ),
    "importance": ("Feature importance", "The mean size of each feature's contribution to the score."),
    "beeswarm": (
        "Direction of the effects",
        "Each point is a customer: to the right the feature raises churn risk, to the left it lowers it. "
        "Colour is the value of the feature; grey is missing.",
    ),
    "season": (
        "Seasons",
        "The churn rate at each as-of date, and the mean predicted probability at the tested dates.",
    ),
    "dependence": (
        "Feature effects",
        "Each point is a customer: the feature's value and its contribution to the score. The line is the "
        "mean; where it is above 0, such values raise churn risk. The outermost values are left out.",
    ),
    "interaction": (
        "Strongest interaction",
        "The contribution of the first feature, by the value of the second.",
    ),
}
RANKING, CALIBRATION = ("gain", "lift"), ("calibration", "season")
DRIVERS = ("importance", "beeswarm", "dependence", "interaction")

DECISIONS = {
    "promoted": ("It is the champion: the model in use.", "promoted"),
    "kept": ("The champion stays; this model is not in use.", "not promoted"),
}


def render_model_page(card: Card, plots: Mapping[str, bytes]) -> bytes:
    """The page of a model.

    Args:
        card: the content of `card.json`. version, as_of, churned_means, grade, grade_text,
            metrics.test and gate are required; the page leaves out other missing parts.
        plots: PNGs by name; those in `PLOTS` have a place and a caption, others come last.

    Raises:
        KeyError: the card lacks what every model has.
    """
    metrics, gate = card["metrics"]["test"], card["gate"]
    sentence, decided = DECISIONS.get(gate["decision"], (str(gate["decision"]), str(gate["decision"])))
    model = {
        **{name: card[name] for name in ("version", "as_of", "grade", "grade_text")},
        "question": card.get("question"),
        "churned_means": churned_means(card),
        "tone": str(card["grade"]).lower() if card["grade"] in ("A", "B", "C") else "",
        "decision": sentence,
        "decided": decided,
        "reasons": list(gate.get("reasons") or ()),
        "lead_time": replayed_in_words(card),
        "warnings": list(card.get("warnings") or ()),
        "figures": list(_headlines(card)),
        "comparison": _comparison(card),
        "test_rows": f"{count(metrics.get('rows'))} snapshots" if metrics.get("rows") else "snapshots",
        **{name: find(card) for name, find in findings.SECTIONS.items()},
        "rejected": list(findings.rejected(card.get("data") or {})),
        "text": _text(card.get("text") or {}),
        "windows": _windows(card.get("timeline") or {}),
        "timeline": [_date(row) for row in (card.get("timeline") or {}).get("grid") or ()],
        "rows": [*((name, count(value)) for name, value in (card.get("rows") or {}).items()), *_sample(card)],
        "tables": _tables(card.get("data") or {}),
        "command": card.get("command") or f"holdfast train as_of={card['as_of']}",
        "run_id": card.get("run_id"),
        "hashes": list(settings_as_rows(card.get("hashes") or {})),
        "settings": list(settings_as_rows(card.get("settings") or {})),
        "ranking_plots": _pictures(plots, RANKING),
        "calibration_plots": _pictures(plots, CALIBRATION),
        "driver_plots": _pictures(plots, DRIVERS),
        "other_plots": _pictures(plots, [name for name in plots if name not in PLOTS]),
    }
    return render_page("model.html.j2", {"model": model})


def _lead_time(card: Card) -> Iterator[Tile]:
    """How long before their loss the lists of the test dates had named customers."""
    lead = card.get("lead_time")
    if not lead or lead["lost"] < MIN_LOST:
        return
    note = f"of {count(lead['lost'])} customers lost since {lead['since']}"
    yield Tile(f"lost later, listed {IN_TIME_DAYS} days before", share(lead["in_time"] / lead["lost"]), note)
    if lead["value"]:
        note = f"of {money(lead['value'], card.get('money') or {'currency': None})}"
        yield Tile("of their value", share(lead["value_in_time"] / lead["value"]), note)
    if lead["median_days"] is not None:
        days = f"{lead['median_days']:.0f} days"
        yield Tile("median lead time", days, "of the lost whom a list had named")


def _headlines(card: Card) -> Iterator[Tile]:
    """The key figures."""
    yield from _lead_time(card)
    test, best, active = card["metrics"]["test"], card.get("achievable_auc"), card.get("still_active")
    note = f"simulated ceiling {number(best)} (demo company only)" if best else span_of(card, "auc")
    yield Tile("AUC of all eligible" if active else "AUC", number(test.get("auc")), note)
    if active:
        note = f"without the {count(active['lapsed'])} lapsed test snapshots, which are never listed"
        yield Tile("AUC of customers still active", number(active.get("auc")), note)
    lift = test.get("top_decile_lift")
    note = "churn rate of the top tenth, divided by the average" if lift else "undefined"
    yield Tile("top-decile lift", number(lift, 1), note)
    if "churned" in test and "rows" in test:
        note = f"{count(test['churned'])} of {count(test['rows'])} test snapshots"
        yield Tile("churned in the test", share(test.get("base_rate")), note)
    if (why := card.get("involuntary")) and why["churned"]:
        voluntary, involuntary = number(why["auc_voluntary"]), number(why["auc_involuntary"])
        note = f"AUC {involuntary}; of those who decided to go {voluntary}"
        yield Tile("of them, because a payment failed", share(why["involuntary"] / why["churned"]), note)
    if card.get("features"):
        yield Tile("features", count(card["features"]), "columns known at each date")


def _comparison(card: Card) -> dict[str, Any]:
    """The test figures of the model and the baselines, side by side."""
    parties = {"model": card["metrics"]["test"], **(card.get("baselines") or {})}
    if card.get("champion"):
        parties["champion"] = card["champion"]
    rows = []
    for key, (name, meaning, more_is_better) in FIGURES.items():
        values = [figures.get(key) for figures in parties.values()]
        if all(value is None for value in values):
            continue
        defined = [value for value in values if value is not None]
        best = (max if more_is_better else min)(defined, default=None)
        cells = [
            {"value": number(value), "best": value is not None and value == best, "interval": ""}
            for value in values
        ]
        cells[0]["interval"] = span_of(card, key)
        rows.append({"name": name, "meaning": meaning, "cells": cells})
    return {"columns": [name.replace("_", " ") for name in parties], "rows": rows}


def _text(text: Card) -> dict[str, Any] | None:
    """The gain from texts on the test, and their topics; None: no texts."""
    if "adds" not in text:
        return None
    rows = []
    for key in ("auc", "log_loss"):
        added = text["adds"][key]
        cells = [number(text[party].get(key)) for party in ("with", "without")]
        gain = number(added.get("value"), 4)
        interval = span(added, digits=4)
        rows.append({"name": FIGURES[key][0], "cells": cells, "adds": gain, "interval": interval})
    topics = [
        (f"{language} {place}", ", ".join(words))
        for language, several in (text.get("topics") or {}).items()
        for place, words in enumerate(several, start=1)
    ]
    return {"rows": rows, "topics": topics}


def _sample(card: Card) -> Iterator[tuple[str, str]]:
    """The share of customers in a sample, and how many each row stands for; nothing if all were taken."""
    sample = card.get("sample") or {"customer_share": 1}
    if sample["customer_share"] < 1:
        yield "customers drawn (timeline.max_rows)", share(sample["customer_share"])
        yield "customers that a row stands for", number(sample["weight"], 1)


def _windows(timeline: Card) -> str:
    """The sentence about horizon, gap and embargo."""
    if "horizon_days" not in timeline:
        return ""
    gap, embargo = timeline.get("gap_days"), timeline.get("embargo_days")
    begin = f", which begin {gap} days after it" if gap else ""
    window = f"Churn is measured over the {timeline['horizon_days']} days after each as-of date{begin}."
    unused = f" Dates less than {embargo} days before a later part are not used to train it, because their "
    return window + (f"{unused}outcome was not yet known." if embargo else "")


def _date(row: Card) -> dict[str, str]:
    return {
        "as_of": str(row["as_of"]), "role": str(row.get("role") or NOTHING), "rows": count(row.get("rows")),
        "churned": count(row.get("churned")), "base_rate": share(row.get("base_rate")),
    }  # fmt: skip


def _tables(data: Card) -> dict[str, Any] | None:
    columns = ("read", "accepted", "rejected", "out_of_scope")
    tables = {name: table for name, table in data.items() if isinstance(table, Mapping)}
    if not tables:
        return None
    rows = [
        {"name": name, "cells": [count(table.get(column)) for column in columns]}
        for name, table in tables.items()
    ]
    return {"columns": [column.replace("_", " ") for column in columns], "rows": rows}


def _pictures(plots: Mapping[str, bytes], names: Sequence[str]) -> list[dict[str, str]]:
    """The existing plots of the given names, in that order."""
    sections = []
    for name in names:
        if name in plots:
            title, caption = PLOTS.get(name, (name.replace("_", " ").capitalize(), ""))
            sections.append({"title": title, "caption": caption, "source": data_address(plots[name])})
    return sections
