"""Differences between the champion's model card and a new one."""

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.metrics.classification import METRICS

Card = Mapping[str, Any]

TOP_DRIVERS = 15  # the most important features, which are compared


def compare_cards(card: Card, champion: Card) -> dict[str, Any]:
    """The differences between two model cards, as JSON.

    Returns:
        version, as_of: the champion's.
        settings: [key, before, now] of each setting that differs.
        rows, data: {name: [before, now]}; data: the accepted rows of each table.
        metrics: {metric: [before, now]}, each on its own test; for both models on the same rows see
            `card.differences.champion`.
        drivers: {gained, lost}: features among the `TOP_DRIVERS` of one card but not of the other.
    """
    now, before = top_drivers(card), top_drivers(champion)
    metrics_now, metrics_before = (each["metrics"]["test"] for each in (card, champion))
    return {
        "version": champion["version"],
        "as_of": champion["as_of"],
        "settings": [list(change) for change in differences(champion["settings"], card["settings"])],
        "rows": before_and_now(champion["rows"], card["rows"]),
        "data": before_and_now(accepted_rows(champion), accepted_rows(card)),
        "metrics": {name: [metrics_before.get(name), metrics_now.get(name)] for name in METRICS},
        "drivers": {
            "gained": [name for name in now if name not in before],
            "lost": [name for name in before if name not in now],
        },
    }


def top_drivers(card: Card) -> list[str]:
    """The most important features."""
    return [driver["feature"] for driver in card["drivers"]][:TOP_DRIVERS]


def accepted_rows(card: Card) -> dict[str, int]:
    """The accepted rows of each table."""
    return {name: table["accepted"] for name, table in card["data"].items()}


def before_and_now(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Both values of each name; None where one side lacks it."""
    return {name: [before.get(name), now.get(name)] for name in {**before, **now}}


def differences(before: Any, now: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The dotted keys of nested settings whose values differ, with both values."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in {**before, **now}:
            yield from differences(before.get(name), now.get(name), f"{key}.{name}" if key else str(name))
    elif isinstance(before, Mapping) or isinstance(now, Mapping):
        return  # another version of Holdfast, without these settings
    elif before != now:
        yield key, before, now
