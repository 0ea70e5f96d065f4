"""Which of Holdfast's features the competitors make: those that every one of them can express."""

import dataclasses

from benchmarks.peers.task import WINDOWS_DAYS

from holdfast.features.families import FAMILIES
from holdfast.features.family import ALL, BOTH, EACH, Family, Windows, column_name

CHOSEN: dict[str, dict[str, Windows]] = {
    "recency": {"days": ALL, "tenure": ALL},
    "orders": {"count": BOTH, "active_days": BOTH, "change": EACH, "items": ALL},
    "spend": {
        "sum": BOTH,
        "change": EACH,
        "order_value": BOTH,
        "largest_line": ALL,
        "line_spread": ALL,
        "discount_share": ALL,
    },
    "refunds": {"count": ALL, "sum": ALL, "share": ALL},
    "gaps": {"mean": ALL, "longest": ALL, "last": ALL, "overdue": ALL},
}

# Twice as many, for what Holdfast's features cost beyond the first.
TWICE: dict[str, dict[str, Windows]] = {
    "recency": CHOSEN["recency"] | {"share_silent": ALL, "share_active": ALL},
    "orders": CHOSEN["orders"] | {"pace": EACH, "items": BOTH, "lines_an_order": BOTH},
    "spend": CHOSEN["spend"]
    | {"pace": EACH, "unit_price": BOTH, "price_change": EACH, "discount_share": BOTH},
    "refunds": {"count": BOTH, "sum": BOTH, "share": BOTH, "days_since": ALL},
    "gaps": CHOSEN["gaps"],
}


def chosen_families(twice: bool = False) -> tuple[Family, ...]:
    """Holdfast's families with the chosen features only, over the chosen windows."""
    chosen = TWICE if twice else CHOSEN
    return tuple(
        dataclasses.replace(
            family,
            features=tuple(
                dataclasses.replace(feature, windows=chosen[family.name][feature.name])
                for feature in family.features
                if feature.name in chosen[family.name]
            ),
        )
        for family in FAMILIES
        if family.name in chosen
    )


def column_names(twice: bool = False) -> tuple[str, ...]:
    """The columns that these features come out as, in their order."""
    return tuple(
        column_name(family.name, feature.name, days)
        for family in chosen_families(twice)
        for feature in family.features
        for days in feature.windows.days(WINDOWS_DAYS)
    )
