"""Who may be contacted and how far down the ranking the list goes.

Every eligible customer ends in exactly one place. The first rule that applies, in this order, counts:

1. `do_not_contact`   on the company's own do-not-contact list
2. `no_consent`       said no (with `consent_required`: did not say yes)
3. `already_leaving`  gave notice or has left: a matter for win-back
4. `cool_down`        was contacted within `cool_down_days`
5. `not_worth_it`     the contact is expected to cost at least what it brings
6. then, down the ranking by expected net value: `over_capacity` once the list (or the owner's part of
   it) is full, `held_out` by chance (see `holdout.py`), else `listed`.
"""

import math
from collections import Counter
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from holdfast.outreach import holdout
from holdfast.outreach.settings import OutreachSettings

Limit = Literal["capacity", "capacity_per_owner", "break_even", "none"]

EXCLUSIONS = ("do_not_contact", "no_consent", "already_leaving", "cool_down", "not_worth_it", "over_capacity")


def select(
    scored: pd.DataFrame,
    settings: OutreachSettings,
    *,
    as_of: date,
    do_not_contact: frozenset[str],
    held: pd.DataFrame | None,
) -> tuple[pd.DataFrame, Limit]:
    """Rank the customers and decide for each one.

    Args:
        scored: one row an eligible customer, with expected_net_value.
        held: earlier hold-outs (customer_id, held_since).

    Returns:
        The customers by expected net value (equal ones by customer_id), with `decision` (`listed`,
        `held_out` or one of EXCLUSIONS) and `held_since` (a date for the held out, else None); and the
        limit that ended the list.
    """
    ranked = scored.sort_values(
        ["expected_net_value", "customer_id"], ascending=[False, True], ignore_index=True
    )
    ranked["decision"] = _exclude(ranked, settings, as_of, do_not_contact)
    earlier = holdout.still_held(held, as_of=as_of, holdout_days=settings.holdout_days)
    return _walk_down(ranked, settings, as_of, earlier)


def count(decisions: pd.Series) -> dict[str, int]:
    """How many customers ended where; `eligible` is the sum of all others."""
    found = Counter(decisions)
    counts = {name: found.pop(name, 0) for name in ("listed", "held_out", *EXCLUSIONS)}
    assert not found, f"decisions without a name: {sorted(found)}"
    assert sum(counts.values()) == len(decisions)
    return {"eligible": len(decisions), **counts}


def _exclude(
    scored: pd.DataFrame, settings: OutreachSettings, as_of: date, do_not_contact: frozenset[str]
) -> pd.Series:
    """The first of the rules 1 to 5 that keeps a customer off the list; "" where none does."""
    consent = scored["consent"].astype("boolean")
    contacted = pd.to_datetime(scored["last_contacted_at"])
    cool_from = pd.Timestamp(as_of) - pd.Timedelta(days=settings.cool_down_days)
    rules = {
        "do_not_contact": scored["customer_id"].isin(do_not_contact),
        "no_consent": ~consent.fillna(not settings.consent_required),
        "already_leaving": scored["already_leaving"].astype("boolean").fillna(False),
        "cool_down": (contacted >= cool_from) & (settings.cool_down_days > 0),
        "not_worth_it": ~(scored["expected_net_value"] > 0),
    }
    found = np.select([rule.to_numpy(dtype=bool) for rule in rules.values()], list(rules), "")
    return pd.Series(found, index=scored.index, dtype="str")


def _walk_down(
    ranked: pd.DataFrame, settings: OutreachSettings, as_of: date, earlier: dict[str, date]
) -> tuple[pd.DataFrame, Limit]:
    """Decide for everyone who is left, from the top of the ranking, with held_since for the held out."""
    held_since = holdout.holder(
        as_of=as_of,
        share=settings.holdout_share,
        holdout_days=settings.holdout_days,
        salt=settings.holdout_salt,
        held=earlier,
    )
    capacity = _capacity(settings, len(ranked))
    places: Counter[str] = Counter()  # taken on the list, by owner
    taken = 0
    decisions = ranked["decision"].to_list()
    since: list[date | None] = [None] * len(ranked)
    limits: set[Limit] = {"break_even"} if "not_worth_it" in decisions else set()
    for row, (customer_id, owner) in enumerate(zip(ranked["customer_id"], ranked["owner"], strict=True)):
        if decisions[row]:
            continue
        # Nobody's customers fall under no owner's limit.
        limit = _full(settings, capacity, taken, places[owner] if isinstance(owner, str) else None)
        if limit is not None:
            decisions[row] = "over_capacity"
            limits.add(limit)
            continue
        since[row] = held_since(customer_id)
        decisions[row] = "listed" if since[row] is None else "held_out"
        if since[row] is None:
            taken += 1
            places[owner] += 1
    strictest: tuple[Limit, ...] = ("capacity", "capacity_per_owner", "break_even")
    decided = ranked.assign(
        decision=pd.Series(decisions, dtype="str", index=ranked.index),
        held_since=pd.Series(since, dtype="object", index=ranked.index),
    )
    return decided, next((limit for limit in strictest if limit in limits), "none")


def _capacity(settings: OutreachSettings, eligible: int) -> float:
    """How many customers fit on the list; infinite without a limit."""
    number = math.inf if settings.capacity is None else settings.capacity
    if settings.capacity_share is None:
        return number
    # 0.07 × 100 is a little more than 7 in binary digits.
    return min(number, math.ceil(round(settings.capacity_share * eligible, 9)))


def _full(settings: OutreachSettings, capacity: float, taken: int, by_owner: int | None) -> Limit | None:
    """The limit that leaves no place for the next customer, if one does."""
    if taken >= capacity:
        return "capacity"
    per_owner = settings.capacity_per_owner
    if per_owner is not None and by_owner is not None and by_owner >= per_owner:
        return "capacity_per_owner"
    return None
