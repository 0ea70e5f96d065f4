"""Who may be contacted and how far down the ranking a list goes.

Every customer ends in exactly one place. The first rule that applies, in this order, counts:

1. `do_not_contact`   on the company's own do-not-contact list
2. `no_consent`       said no (with `consent_required`: did not say yes)
3. `already_leaving`  gave notice or has left: a matter for win-back
4. `lapsed`           silent for so long that hardly anybody like them came back: a matter for win-back
5. `cool_down`        was contacted within `cool_down_days`, through whatever channel
6. `better_left_alone` a contact is estimated to drive away more such customers than it keeps
7. `not_worth_it`     the contact is expected to cost at least what it brings
8. then, down the ranking by expected net value: `over_capacity` once the list, the owner's part of it, or
   every channel through which the customer might be contacted is full, `held_out` by chance (see
   `holdout.py`), else `listed`.

Who is listed depends on the channel, the channel on the risk tier, and the tier on who is listed. The circle
is cut at the tier: its borders are those of the customers whose turn would come if no channel were limited
and nobody were held out. So nobody's own draw decides their tier, nor whether their turn comes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from holdfast.outreach import holdout
from holdfast.outreach.places import STRICTEST, Limit, Places
from holdfast.outreach.playbook import choose, risk_tiers
from holdfast.outreach.settings import OutreachSettings

EXCLUSIONS = (
    "do_not_contact", "no_consent", "already_leaving", "lapsed", "cool_down", "better_left_alone",
    "not_worth_it", "over_capacity",
)  # fmt: skip
REASONS = [f"reason_{place}{kind}" for kind in ("", "_code") for place in (1, 2, 3)]
KNOWN = "known"  # what is known of a customer (see `settings.When`), beside the reasons
LEAST_BLOCK = 100  # customers asked about at once where channels are limited

# Ids in the order of the ranking → customer_id and REASONS of each; only those whose turn may come.
Reasons = Callable[[Sequence[str]], pd.DataFrame]


class Selection(NamedTuple):
    """What was decided.

    Attributes:
        customers: by expected net value (equal ones by customer_id), with `decision` (`listed`, `held_out` or
            one of EXCLUSIONS), `held_since` (a date for the held out, else None), `risk_tier` (null for
            those whom rules 1 to 7 exclude), and for the listed and held out REASONS, `action` and `channel`.
        limit: what ended the list.
        limits: how many customers each limit kept off it; `break_even`: the `not_worth_it`.
    """

    customers: pd.DataFrame
    limit: Limit
    limits: dict[str, int]


def select(
    scored: pd.DataFrame,
    settings: OutreachSettings,
    *,
    as_of: date,
    do_not_contact: frozenset[str],
    held: pd.DataFrame | None,
    reasons: Reasons,
    places: Places,
) -> Selection:
    """Rank the customers and decide for each one.

    Args:
        scored: one row a customer, with value_at_risk and expected_net_value.
        held: earlier hold-outs (customer_id, held_since).
        places: how many may be contacted; counted down.
    """
    ranked = scored.sort_values(
        ["expected_net_value", "customer_id"], ascending=[False, True], ignore_index=True
    )
    ranked["decision"] = _exclude(ranked, settings, as_of, do_not_contact)
    ranked["risk_tier"] = risk_tiers(
        ranked["customer_id"], ranked["value_at_risk"], _turns(ranked, settings, places), settings.tiers
    ).where(ranked["decision"] == "")
    held_since = holdout.holder(
        as_of=as_of,
        share=settings.holdout_share,
        holdout_days=settings.holdout_days,
        salt=settings.holdout_salt,
        held=holdout.still_held(held, as_of=as_of, holdout_days=settings.holdout_days),
    )
    decided, kept_off = _walk_down(ranked, settings, as_of, held_since, reasons, places)
    limits: dict[str, int] = {name: kept_off[name] for name in STRICTEST}
    limits["break_even"] = int((decided["decision"] == "not_worth_it").sum())
    return Selection(decided, next((name for name in STRICTEST if limits[name]), "none"), limits)


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
    """The first of the rules 1 to 6 that keeps a customer off the list; "" where none does."""
    consent = scored["consent"].astype("boolean")
    contacted = pd.to_datetime(scored["last_contacted_at"])
    cool_from = pd.Timestamp(as_of) - pd.Timedelta(days=settings.cool_down_days)
    rules = {
        "do_not_contact": scored["customer_id"].isin(do_not_contact),
        "no_consent": ~consent.fillna(not settings.consent_required),
        "already_leaving": scored["already_leaving"].astype("boolean").fillna(False),
        "lapsed": scored["lapsed"].astype("boolean").fillna(False),
        "cool_down": (contacted >= cool_from) & (settings.cool_down_days > 0),
        "better_left_alone": scored["saved_share"] < 0,
        "not_worth_it": ~(scored["expected_net_value"] > 0),
    }
    found = np.select([rule.to_numpy(dtype=bool) for rule in rules.values()], list(rules), "")
    return pd.Series(found, index=scored.index, dtype="str")


def _turns(ranked: pd.DataFrame, settings: OutreachSettings, places: Places) -> pd.Series:
    """Whose turn would come if no channel were limited and nobody were held out."""
    candidate = ranked["decision"] == ""
    if settings.capacity_per_owner is not None:
        taken = ranked["owner"].map(places.owners).fillna(0)
        of_owner = candidate.groupby(ranked["owner"]).cumsum()  # null for nobody's
        candidate &= ~(of_owner + taken > settings.capacity_per_owner)
    return candidate & (candidate.cumsum() <= places.left)


def _walk_down(
    ranked: pd.DataFrame,
    settings: OutreachSettings,
    as_of: date,
    held_since: Callable[[str], date | None],
    reasons: Reasons,
    places: Places,
) -> tuple[pd.DataFrame, Counter[str]]:
    """Decide for everyone who is left, from the top of the ranking; and how many each limit kept off."""
    waiting = ranked[ranked["decision"] == ""]
    renewals = pd.to_datetime(waiting["renewal_date"]).dt.date
    given: dict[str, dict[str, Any]] = {}
    found: dict[int, dict[str, Any]] = {}
    kept_off = Counter[str]()
    turns = waiting[["customer_id", "owner", "risk_tier"]].itertuples()
    for behind, (row, name, owner, tier) in zip(range(len(waiting), 0, -1), turns, strict=True):
        if limit := places.closed():
            kept_off[limit] += behind
            break
        if limit := places.closed_for(owner):
            kept_off[limit] += 1
            continue
        if name not in given:
            given |= _ask(waiting.loc[row:], places, reasons)
        codes = [given[name][f"reason_{place}_code"] for place in (1, 2, 3)]
        renewal = None if pd.isna(renewals[row]) else renewals[row]
        action, channels = choose(codes, tier, renewal, settings, as_of, given[name].pop(KNOWN) or ())
        channel = places.channel_for(channels)
        if channel is None:
            kept_off["capacity_per_channel"] += 1
            continue
        since = held_since(name)
        found[row] = {**given[name], "held_since": since, "action": action, "channel": channel}
        found[row]["decision"] = "listed" if since is None else "held_out"
        if since is None:
            places.take(owner, channel)
    more = ["held_since", "action", "channel", *REASONS]
    drawn = pd.DataFrame.from_dict(found, orient="index", columns=["decision", *more], dtype="object")
    drawn = drawn.reindex(ranked.index).astype("object").where(lambda cells: cells.notna(), None)
    decisions = drawn.pop("decision").fillna(ranked["decision"].replace("", "over_capacity")).astype("str")
    return ranked.assign(decision=decisions, **{name: drawn[name] for name in more}), kept_off


def _ask(waiting: pd.DataFrame, places: Places, reasons: Reasons) -> dict[str, dict[str, Any]]:
    """The reasons of the first one waiting, and of those whose turn comes next in any case."""
    owners = {owner for owner in waiting["owner"].unique() if places.closed_for(owner)}
    block = max(places.coming, LEAST_BLOCK) if places.by_channel else places.coming
    coming = waiting.loc[~waiting["owner"].isin(owners), "customer_id"]
    ids = coming.iloc[: int(min(block, len(coming)))].to_list()
    columns = [*REASONS, KNOWN]
    answers = reasons(ids).set_index("customer_id").reindex(ids, columns=columns).astype("object")
    answers = answers.where(lambda cells: cells.notna(), None)
    return {str(name): dict(zip(columns, cells, strict=True)) for name, *cells in answers.itertuples()}
