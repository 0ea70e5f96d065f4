"""Rows and sentences of the model page from the model card: segments, seasons, money, changes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from holdfast.reports.drivers import label
from holdfast.reports.words import NOTHING, count, number, share

Card = Mapping[str, Any]

WORST = 8  # groups shown; the rest folds away
MOST_SETTINGS = 12
COUNTED = {"rows": "snapshots: {}", "data": "{}: accepted rows"}
WEAK = {"auc": "ranks worse", "too_high": "predicts too much", "too_low": "predicts too little"}

# Each figure: its name, what it means, whether more is better.
FIGURES = {
    "auc": ("AUC", "probability that a churner ranks above a customer who stayed; 0.5 is chance", True),
    "average_precision": ("average precision", "mean precision over all list sizes", True),
    "top_decile_lift": ("top-decile lift", "churn rate of the top tenth, divided by that of all", True),
    "list_precision": ("precision of the list", "churn rate of the customers that a list has room for", True),
    "list_recall": ("recall of the list", "share of all who churned that it contains", True),
    "log_loss": ("log loss", "mean negative log-likelihood; lower is better", False),
    "brier": ("Brier score", "mean squared error of the probability; lower is better", False),
    "ece": ("calibration error", "mean gap between predicted and actual shares; lower is better", False),
}


def against(card: Card) -> list[dict[str, str]]:
    """The model minus each baseline on the same rows: AUC and log loss, with intervals."""
    return [
        {
            "name": name.replace("_", " "),
            **{metric: signed(difference[metric]) for metric in ("auc", "log_loss")},
            **{f"{metric}_span": span(difference[metric], signs=True) for metric in ("auc", "log_loss")},
        }
        for name, difference in (card.get("differences") or {}).items()
    ]


def the_list(card: Card) -> list[str]:
    """Precision, recall and profit of a list of the usual size, in sentences."""
    test, size = card["metrics"]["test"], card.get("list_share")
    if not size or test.get("list_precision") is None:
        return []
    sentences = [
        f"Of a list of the {share(size)} of customers with the highest churn probability, "
        f"{share(test['list_precision'])} churned (precision)"
        f"{in_brackets(span_of(card, 'list_precision', as_share=True))}, of all customers "
        f"{share(test['base_rate'])}. The list held {share(test['list_recall'])} of all churners (recall)."
    ]
    money = card.get("money")
    if money and test.get("list_profit") is not None:
        source = "taken as" if money["assumed"] else "on average"
        currency = f" {money['currency']}" if money.get("currency") else ""
        profit = f"{test['list_profit']:,.2f}{currency}{in_brackets(span_of(card, 'list_profit', digits=2))}"
        sentences.append(
            f"Ranked by expected return, the list would have brought {profit} per customer of the base, if a "
            f"contact keeps {share(money['accept_share'])} of those about to churn and costs "
            f"{money['contact_cost']:g}, and a kept customer is worth {source} "
            f"{money['value']:,.2f}{currency}."
        )
        if card.get("value_alone"):
            gain = span_of(card, "list_profit_over_value", digits=2)
            sentences.append(
                "A list ranked by customer value alone would do as well: the model does not bring provably "
                f"more per customer of the base{in_brackets(gain)}."
            )
        if test.get("empc") is not None:
            best = f"{test['empc']:,.2f}{currency}{in_brackets(span_of(card, 'empc', digits=2))}"
            sentences.append(f"A list of the best size would bring {best} per customer (EMPC).")
    return sentences


def season(card: Card) -> list[str]:
    """The effect of calibration on the folds and on the test, in sentences."""
    calibration = card.get("calibration") or {}
    folds, test, sentences = calibration.get("folds"), calibration.get("test"), []
    if folds:
        sentences.append(
            f"On the validation rows of the folds {share(folds['happened'])} churned. The model predicted "
            f"{share(folds['before'])} before calibration and {share(folds['after'])} after it (log loss "
            f"{number(folds['log_loss_before'])} and {number(folds['log_loss_after'])})."
        )
    if test:
        sentences.append(
            f"On the test it predicted {share(test['after'])}, and {share(test['happened'])} churned. The "
            "probabilities have the level of the training dates, which another season may change."
        )
    return sentences


def dates(card: Card) -> list[dict[str, str]]:
    """Each evaluated date: days after training, predicted and observed churn, AUC."""
    return [
        {
            "as_of": day["as_of"],
            "part": day["part"],
            "days": count(day["days_after_training"]),
            **of_part(day),
        }
        for day in card.get("by_date") or ()
    ]


def of_part(part: Card) -> dict[str, str]:
    """The figures of a segment or a date; a significant weakness is named."""
    return {
        "rows": count(part["rows"]), "predicted": share(part["predicted"]), "left": share(part["base_rate"]),
        "auc": number(part["auc"]), "auc_span": span(part["intervals"]["auc"]),
        "weak": "; ".join(WEAK[kind] for kind in part.get("weak") or ()),
    }  # fmt: skip


def segments(card: Card) -> dict[str, Any] | None:
    """The segments, the worst AUC first; a significant weakness is named."""
    groups = sorted(card.get("by_segment") or (), key=lambda group: group["auc"] or 0.0)
    if not groups:
        return None
    rows = [{"name": f"{group['attribute']}: {group['group']}", **of_part(group)} for group in groups]
    return {"worst": rows[:WORST], "others": rows[WORST:], "weak": any(row["weak"] for row in rows)}


def changes(card: Card) -> dict[str, Any] | None:
    """The changes since the champion; None: there was none."""
    change = card.get("since_champion")
    if not change:
        return None
    settings = [(key, f"{then} → {now}") for key, then, now in change["settings"]]
    drivers = change["drivers"]
    return {
        "version": change["version"],
        "settings": settings[:MOST_SETTINGS],
        "more_settings": max(0, len(settings) - MOST_SETTINGS),
        "figures": [
            {"name": FIGURES[name][0], "then": number(then), "now": number(now)}
            for name, (then, now) in change["metrics"].items()
        ],
        "counts": [
            {"name": words.format(name), "then": count(then), "now": count(now)}
            for part, words in COUNTED.items()
            for name, (then, now) in change[part].items()
        ],
        "gained": [label(name) for name in drivers["gained"]],
        "lost": [label(name) for name in drivers["lost"]],
        "paired": signed((card.get("differences") or {}).get("champion", {}).get("auc") or {}),
    }


def interaction(card: Card) -> str:
    """The sentence about the strongest interaction; an empty text if no interaction was found."""
    interaction = card.get("interaction")
    if not interaction:
        return ""
    first, second = (label(name) for name in interaction["features"])
    alone = {driver["feature"]: driver["importance"] for driver in card.get("drivers") or ()}
    beside = alone.get(interaction["features"][0])
    return (
        f"Of the most important features, {first} and {second} work together most: beyond what each adds "
        f"alone, both move the score by {interaction['size']:.3f} on average"
        f"{in_brackets('' if beside is None else f'log-odds; the first moves it by {beside:.3f} in all')}. "
        "The last picture shows what the first adds for low and for high values of the second: the further "
        "apart the lines, the stronger the interaction."
    )


def rejected(data: Card) -> Iterator[dict[str, Any]]:
    """Each rule that rows of a table broke, the most frequent first."""
    for name, table in data.items():
        rules = table.get("by_rule") if isinstance(table, Mapping) else None
        for rule, rows in sorted((rules or {}).items(), key=lambda item: -item[1]):
            yield {"name": name, "cells": [rule.replace("_", " "), count(rows)]}


def span_of(card: Card, metric: str, *, digits: int = 3, as_share: bool = False) -> str:
    """The 95% interval of a test figure, `low to high`; empty where the card has none."""
    interval = ((card.get("intervals") or {}).get("test") or {}).get(metric) or {}
    return span(interval, digits=digits, as_share=as_share)


def span(interval: Card, *, digits: int = 3, signs: bool = False, as_share: bool = False) -> str:
    """`low to high` of an interval; empty where it is not defined."""
    low, high = interval.get("low"), interval.get("high")
    if low is None or high is None:
        return ""
    pattern = f"{'+' if signs else ','}.{digits}f"
    return " to ".join(share(end) if as_share else f"{end:{pattern}}" for end in (low, high))


def in_brackets(text: str) -> str:
    """A text in brackets with a leading space; empty if the text is empty."""
    return f" ({text})" if text else ""


def signed(interval: Card) -> str:
    """A difference with its sign."""
    value = interval.get("value")
    return NOTHING if value is None else f"{value:+.3f}"


SECTIONS: Mapping[str, Callable[[Card], Any]] = {
    "against": against, "the_list": the_list, "season": season, "dates": dates, "segments": segments,
    "interaction": interaction, "changes": changes,
}  # fmt: skip
