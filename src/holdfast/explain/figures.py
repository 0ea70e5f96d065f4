"""The figures behind a reason, from the features of one customer.

A figure is given only where it speaks for its reason: fewer orders than before, more than the usual
silence. A reason without its figures is told in general words instead.
"""

import math
from collections.abc import Mapping

Row = Mapping[str, float]  # features by name; NaN where null
Figures = dict[str, str]

# What a text without figures says of a customer against others: above (+1) or below (-1) the typical one.
COMPARED = {
    "LONG_SILENCE": ("recency__days__all", +1),
    "LONGER_GAPS": ("gaps__mean__all", +1),
    "FEWER_ORDERS": ("recency__share_active__all", -1),
    "RARELY_BUYS": ("recency__share_active__all", -1),
    "SPEND_DOWN": ("spend__sum__all", -1),
    "SMALLER_ORDERS": ("spend__order_value__all", -1),
    "LESS_VARIETY": ("variety__products__all", -1),
    "MORE_REFUNDS": ("refunds__count__all", +1),
    "DISCOUNT_HUNTING": ("spend__discount_share__all", +1),
    "SLOW_SUPPORT": ("support__answer_mean__all", +1),
    "OPEN_TICKET": ("tickets__open_now__all", +1),
    "MANY_TICKETS": ("tickets__opened__all", +1),
    "LOW_SATISFACTION": ("satisfaction__mean__all", -1),
    "LOW_SURVEY_SCORE": ("surveys__nps_mean__all", -1),
    "SURVEY_SILENCE": ("surveys__days_since__all", +1),
    "USAGE_DOWN": ("usage__share_active__all", -1),
    "USES_WITHOUT_BUYING": ("usage__days_an_order__all", +1),
    "TONE": ("text__tone__180d", +1),
    "TALKS_OF_LEAVING": ("text__talks_of_leaving__180d", +1),
    "TALKS_OF_PRICE": ("text__talks_of_price__180d", +1),
    "TALKS_OF_COMPETITOR": ("text__talks_of_competitor__180d", +1),
}
MONTH = 30  # days: below it, counts say little
QUARTER = 90  # days without an answer after which it is told
DETRACTOR = 6  # of 10: up to here an NPS answer warns, whatever the customer answered before
COMPARED_COLUMNS = tuple(dict.fromkeys(column for column, _ in COMPARED.values()))


def untrue(row: Row, typical: Row) -> frozenset[str]:
    """The codes whose text without figures would not be true of a customer.

    A model may hold large orders against someone who places them; then "places smaller orders" is no reason.
    """
    return frozenset(
        code
        for code, (column, sign) in COMPARED.items()
        if not sign * (get(row, column) - get(typical, column)) > 0
    )


def figures(row: Row, windows_days: tuple[int, ...]) -> Figures:
    """All figures of one customer that can be told, as text by name."""
    told: dict[str, float | str | None] = {}
    told |= rhythm(row)
    told |= compared(row, windows_days, "orders__count", "orders")
    told |= compared(row, windows_days, "spend__sum", "spend")
    told |= compared(row, windows_days, "variety__products", "products")
    told |= newest(row, windows_days, "orders__count", "orders_recent", least=0)
    told |= newest(row, windows_days, "refunds__count", "refunds", least=0)
    told |= newest(row, windows_days, "tickets__opened", "tickets", least=0)
    told |= newest(row, windows_days, "contacts__count", "contacts", least=0)
    told |= compared(row, windows_days, "usage__count", "uses")
    told |= quiet(row, windows_days)
    told |= money(row, windows_days)
    told |= service(row)
    told |= opinion(row, windows_days)
    told |= interest(row)
    told |= messages(row)
    return {name: written(value) for name, value in told.items() if value is not None and known(value)}


def rhythm(row: Row) -> dict[str, float | str | None]:
    """The silence and the gaps."""
    silence, usual = get(row, "recency__days__all"), get(row, "gaps__mean__all")
    last = get(row, "gaps__last__all")
    return {
        "silence": silence if math.isnan(usual) or below(usual, silence) else None,
        "usual_gap": usual,
        "last_gap": last if below(usual, last) else None,
        "tenure": max(get(row, "recency__tenure__all"), get(row, "subscription__tenure__all"), key=or_zero),
    }


def compared(
    row: Row, windows_days: tuple[int, ...], column: str, name: str
) -> dict[str, float | str | None]:
    """The longest window that fell behind the one before it.

    Of a count of different things, what the window before adds are those that did not come again since.
    """
    for days in reversed(windows_days):
        now, both = get(row, f"{column}__{days}d"), get(row, f"{column}__{2 * days}d")
        if below(now, both - now):
            return {f"{name}_now": now, f"{name}_before": both - now, f"{name}_days": days}
    return {}


def newest(
    row: Row, windows_days: tuple[int, ...], column: str, name: str, *, least: float
) -> dict[str, float | str | None]:
    """A count above `least`, over the shortest window of a month or more."""
    for days in windows_days:
        count = get(row, f"{column}__{days}d")
        if days >= MONTH and count > least:
            return {name: count, f"{name}_days": days}
    return {}


def quiet(row: Row, windows_days: tuple[int, ...]) -> dict[str, float | str | None]:
    """Tickets in the window before and none since, over the longest such window of a month or more."""
    for days in reversed(windows_days):
        tickets = get(row, f"tickets__silence__{days}d")
        if days >= MONTH and tickets > 0:
            return {"tickets_before": tickets, "quiet_days": days}
    return {}


def money(row: Row, windows_days: tuple[int, ...]) -> dict[str, float | str | None]:
    """Order values, prices and discounts."""
    told: dict[str, float | str | None] = {}
    usual = get(row, "spend__order_value__all")
    for days in windows_days:
        now, rise = get(row, f"spend__order_value__{days}d"), get(row, f"spend__price_change__{days}d")
        if below(now, usual) and "value_now" not in told:
            told |= {"value_now": now, "value_usual": usual}
        if rise >= 1.01 and "price_rise" not in told:  # a rise that rounds to a per cent
            told["price_rise"] = 100 * (rise - 1)
    discount = get(row, "spend__discount_share__all")
    return {**told, "discount": 100 * discount if discount > 0 else None}


def service(row: Row) -> dict[str, float | str | None]:
    """Tickets, answers, ratings, price of the plan, renewal."""
    waiting = get(row, "tickets__open_now__all")
    answer, usual = get(row, "support__answer_last__all"), get(row, "support__answer_mean__all")
    resolution, mean = get(row, "support__resolution_last__all"), get(row, "support__resolution_mean__all")
    rating = get(row, "satisfaction__last__all")
    since_renewal = get(row, "subscription__since_renewal__all")
    step = get(row, "subscription__last_step__all")
    return {
        "open_tickets": waiting if waiting > 0 else None,
        "open_days": get(row, "tickets__open_days__all") if waiting > 0 else None,
        "answer_hours": answer if answer >= usual else None,
        "resolution_days": resolution / 24 if resolution >= mean else None,
        "rating": None if rating > get(row, "satisfaction__mean__all") else rating,
        "plan_cut": 100 * (1 - step) if step <= 0.99 else None,  # a cut that rounds to a per cent
        "renewal_days": -since_renewal if since_renewal <= 0 else None,
    }


def opinion(row: Row, windows_days: tuple[int, ...]) -> dict[str, float | str | None]:
    """The last survey: a low or lower answer; and how long ago it was, for those who had answered before."""
    stopped = any(get(row, f"surveys__silence__{days}d") > 0 for days in windows_days if days >= QUARTER)
    score, mean = get(row, "surveys__nps_last__all"), get(row, "surveys__nps_mean__all")
    told: dict[str, float | str | None] = {
        "nps": score if score <= DETRACTOR or below(score, mean) else None,
        "survey_days": get(row, "surveys__days_since__all") if stopped else None,
    }
    for kind in ("csat", "ces"):
        last, usual = get(row, f"surveys__{kind}_last__all"), get(row, f"surveys__{kind}_mean__all")
        if below(last, usual):
            told |= {"survey_score": last, "survey_usual": usual}
    return told


def interest(row: Row) -> dict[str, float | str | None]:
    """Use beside buying: days with it since the last purchase, and how long ago it was."""
    looked, silence = get(row, "usage__since_purchase__all"), get(row, "usage__days_since__all")
    return {
        "used_days": looked if looked > 1 else None,
        "unused_days": silence if get(row, "usage__overdue__all") > 1 else None,
    }


def messages(row: Row) -> dict[str, float | str | None]:
    """How many messages of the model's window talk of what."""
    told: dict[str, float | str | None] = {}
    for name in row:
        if name.startswith("text__talks_of_") and get(row, name) > 0:
            _, measure, window = name.split("__")
            told |= {measure: get(row, name), "talks_days": window.removesuffix("d")}
    return told


def get(row: Row, name: str) -> float:
    """A feature's value; NaN where the source has none. Comparisons with NaN are false."""
    return float(row.get(name, math.nan))


def below(value: float, other: float) -> bool:
    """Whether one figure is below another, also as people read the two."""
    return value < other and written(value) != written(other)


def known(value: float | str) -> bool:
    """Whether a figure has a value."""
    return isinstance(value, str) or math.isfinite(value)


def or_zero(value: float) -> float:
    """NaN as 0, for choosing the larger of two that may be unknown."""
    return 0.0 if math.isnan(value) else value


def written(value: float | str) -> str:
    """A figure as people write it: whole from ten on, else with one decimal where it has one."""
    if isinstance(value, str):
        return value
    if abs(value) >= 10 or value == round(value):
        return f"{round(value):,}"
    return f"{round(value, 1) + 0.0:g}"  # with 0 added, a minus before 0 goes
