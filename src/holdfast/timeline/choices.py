"""Suggest a horizon and an eligibility from the gaps between purchases, and count what each choice gives."""

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ibis import Table


HORIZONS = (14, 30, 60, 90, 180, 365)  # days to choose from
WITHIN_HORIZONS = (1, 3, 6)  # eligible: a purchase within so many horizons
HORIZON_QUANTILE, ACTIVE_QUANTILE = 0.9, 0.99  # of the gaps between purchases
MIN_GAPS = 100  # with fewer gaps nothing is suggested


class Gaps(NamedTuple):
    """The gaps in days between consecutive purchase days of a customer.

    Attributes:
        total: number of gaps.
        quantiles: quantile → days.
    """

    total: int
    quantiles: dict[float, float]


def measure_choices(transactions: "Table", end: dt.date) -> dict[str, Any] | None:
    """The gaps between purchases, a suggestion, and customers and base rate of each choice.

    Args:
        transactions: the validated table.
        end: the first midnight after the last fact was known.

    Returns:
        gaps (count, quantiles), suggested (horizon_days and active_within_days; None: too few gaps), choices
        (see `count_choices`). None: nobody bought anything.
    """
    bought = transactions.filter(transactions.amount > 0).select("customer_id", "occurred_at")
    first = bought.occurred_at.min().to_pyarrow().as_py()
    if first is None:
        return None
    gaps = measure_gaps(bought)
    return {
        "gaps": {
            "count": gaps.total,
            "quantiles": {f"{level:g}": days for level, days in gaps.quantiles.items()},
        },
        "suggested": suggest(gaps),
        "choices": count_choices(bought, end, (end - first.date()).days),
    }


def measure_gaps(bought: "Table") -> Gaps:
    """The gaps between a customer's days with a purchase.

    Args:
        bought: customer_id and occurred_at of every purchase.
    """
    import ibis

    days = bought.select("customer_id", day=bought.occurred_at.date()).distinct()
    before = ibis.window(group_by="customer_id", order_by="day")
    gap = days.day.delta(days.day.lag().over(before), unit="day")
    gaps = days.select(gap=gap).filter(lambda row: row.gap.notnull())
    shares = (0.5, 0.75, HORIZON_QUANTILE, ACTIVE_QUANTILE)
    wanted = {f"q{place}": gaps.gap.quantile(share) for place, share in enumerate(shares)}
    row = gaps.aggregate(count=gaps.count(), **wanted).to_pyarrow().to_pylist()[0]
    quantiles = {share: row[f"q{place}"] for place, share in enumerate(shares)}
    return Gaps(row["count"], {share: float(days) for share, days in quantiles.items() if days is not None})


def suggest(gaps: Gaps) -> dict[str, int] | None:
    """The shortest horizon and eligibility that fit the gaps; None: too few gaps.

    - `horizon_days`: 90% of the gaps are shorter, so a silence over the horizon is informative.
    - `active_within_days`: 99% of the gaps are shorter, so a customer silent for longer is gone.
    """
    if gaps.total < MIN_GAPS:
        return None
    long, longest = gaps.quantiles[HORIZON_QUANTILE], gaps.quantiles[ACTIVE_QUANTILE]
    horizon = next((days for days in HORIZONS if days >= long), HORIZONS[-1])
    eligible = next((days for days in HORIZONS if days >= max(longest, horizon)), HORIZONS[-1])
    return {"horizon_days": horizon, "active_within_days": eligible}


def count_choices(bought: "Table", end: dt.date, log_days: int) -> list[dict[str, Any]]:
    """Customers and base rate of each choice that fits into the log, at its last date with a known outcome.

    Returns:
        horizon_days, active_within_days, as_of, customers (eligible then), base_rate (share of them who
        bought nothing in the horizon; None: nobody was eligible).
    """
    from holdfast.timeline.span import midnight

    start = {days: end - dt.timedelta(days=days) for days in HORIZONS}
    last = {
        f"last_{days}": bought.occurred_at.max(where=bought.occurred_at < midnight(day))
        for days, day in start.items()
    }
    back = {f"back_{days}": (bought.occurred_at >= midnight(day)).any() for days, day in start.items()}
    each = bought.filter(bought.occurred_at < midnight(end)).group_by("customer_id").aggregate(**last, **back)
    pairs = [
        (days, days * times)
        for days in HORIZONS
        for times in WITHIN_HORIZONS
        if log_days >= days * (times + 1)
    ]
    counts = {}
    for days, within in pairs:
        eligible = each[f"last_{days}"] >= midnight(start[days] - dt.timedelta(days=within))
        counts[f"eligible_{days}_{within}"] = eligible.sum()
        counts[f"stayed_{days}_{within}"] = (eligible & each[f"back_{days}"]).sum()
    counted = each.aggregate(**counts).to_pyarrow().to_pylist()[0] if counts else {}
    rows = []
    for days, within in pairs:
        customers, stayed = (int(counted[f"{what}_{days}_{within}"] or 0) for what in ("eligible", "stayed"))
        rows.append(
            {
                "horizon_days": days,
                "active_within_days": within,
                "as_of": str(start[days]),
                "customers": customers,
                "base_rate": 1 - stayed / customers if customers else None,
            }
        )
    return rows


def describe_fit(choice: dict[str, Any], chosen: tuple[int, int]) -> str:
    """What the gaps between purchases suggest."""
    gaps, suggested = choice["gaps"], choice["suggested"]
    if suggested is None:
        return f"choice         {gaps['count']:,} gaps between purchases are too few to suggest a horizon"
    half, most, nearly_all = (f"{gaps['quantiles'][name]:.0f}" for name in ("0.5", "0.9", "0.99"))
    fits = (suggested["horizon_days"], suggested["active_within_days"])
    wanted = f"churn.horizon_days={fits[0]} churn.active_within_days={fits[1]}"
    used = "as in use" if chosen == fits else f"in use: {chosen[0]} and {chosen[1]}"
    return (
        f"choice         half of the gaps between purchases are at most {half} days long, 90% {most}, "
        f"99% {nearly_all}: {wanted} fits ({used})"
    )
