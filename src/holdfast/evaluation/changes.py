"""What is different about a model since the champion, card against card."""

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.evaluation.metrics import METRICS

Card = Mapping[str, Any]

SAID = 15  # the most important features that count as drivers


def compare_cards(card: Card, champion: Card) -> dict[str, Any]:
    """What changed, as JSON holds it.

    Returns:
        version, as_of: the champion's.
        settings: [key, then, now] of each that differs.
        rows, data: {name: [then, now]}; of data the accepted rows of each table.
        metrics: {figure: [then, now]}, each on its own test: for models on the same rows see
            `card.differences.champion`.
        drivers: {gained, lost}: features among the `SAID` most important of one but not of the other.
    """
    now, then = (leading(one) for one in (card, champion))
    return {
        "version": champion["version"],
        "as_of": champion["as_of"],
        "settings": [list(one) for one in differing(champion.get("settings") or {}, card["settings"])],
        "rows": pairs(champion.get("rows") or {}, card["rows"]),
        "data": pairs(accepted(champion), accepted(card)),
        "metrics": {
            name: [champion["metrics"]["test"].get(name), card["metrics"]["test"].get(name)]
            for name in METRICS
        },
        "drivers": {
            "gained": [name for name in now if name not in then] if then else [],
            "lost": [name for name in then if name not in now],
        },
    }


def leading(card: Card) -> list[str]:
    """The most important features; none where the card is of a version that did not write them down."""
    return [driver["feature"] for driver in card.get("drivers") or ()][:SAID]


def accepted(card: Card) -> dict[str, int]:
    """Accepted rows of each table."""
    return {name: table["accepted"] for name, table in (card.get("data") or {}).items()}


def pairs(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Both values of each name; None where one side lacks it."""
    return {name: [then.get(name), now.get(name)] for name in {**then, **now}}


def differing(then: Any, now: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Dotted keys whose values differ, with both."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in {**then, **now}:
            yield from differing(then.get(name), now.get(name), f"{key}.{name}" if key else str(name))
    elif isinstance(then, Mapping) or isinstance(now, Mapping):
        return  # another version of Holdfast, which had no such settings
    elif then != now:
        yield key, then, now
