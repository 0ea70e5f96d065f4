"""Decide whom to contact: apply the exclusion rules, then go down the ranking until a limit is reached.

Every customer gets exactly one decision, from the first rule that applies:

1. `do_not_contact`   is on the company's do-not-contact list
2. `payment_failed`   the last payment failed, and no notice was given: a case for payment recovery
3. `no_consent`       refused consent (with `consent_required`: did not give it)
4. `already_leaving`  gave notice or has left: a case for win-back
5. `lapsed`           silent for so long that hardly any such customer came back: a case for win-back
6. `cool_down`        was contacted within `cool_down_days`, through any channel
7. `better_left_alone` a contact is estimated to drive away more such customers than it keeps
8. `not_worth_it`     the contact is expected to cost at least as much as it brings
9. then, in the order of expected net value: `over_capacity` if the list, the owner or every channel for the
   customer is full; `held_out` by chance (see `holdout.py`); otherwise `listed`.

Who is listed depends on the channel, the channel on the risk tier, and the tier on who is listed. To break
this circle, the tier boundaries come from the customers who would be selected without channel limits and
without a hold-out. So a customer's own draw affects neither their tier nor whether they are selected.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from holdfast.outreach import holdout
from holdfast.outreach.actions import Wording
from holdfast.outreach.places import STRICTEST, Limit, Places
from holdfast.outreach.playbook import Proven, choose, risk_tiers
from holdfast.outreach.protected import Protected
from holdfast.outreach.settings import OutreachSettings

PAYMENT_FAILED = "payment_failed"
EXCLUSIONS = (
    "do_not_contact", PAYMENT_FAILED, "no_consent", "already_leaving", "lapsed", "cool_down",
    "better_left_alone", "not_worth_it", "over_capacity",
)  # fmt: skip
REASONS = [f"reason_{place}{kind}" for kind in ("", "_code") for place in (1, 2, 3)]
KNOWN = "known"  # the column of a customer's known data (see `settings.When`)
MIN_BATCH = 100  # customers explained at once if channels have limits

# Ids in the order of the ranking → customer_id, REASONS and KNOWN; called for customers who may be selected.
Reasons = Callable[[Sequence[str]], pd.DataFrame]


class Selection(NamedTuple):
    """The decisions about all customers.

    Attributes:
        customers: sorted by expected net value, then customer_id, with `decision`, `held_since` (None unless
            held out), `risk_tier` (null if excluded by rules 1 to 8), `as_of`, and for the listed and held
            out REASONS, `recommended_action` and `channel` in the language of the wording.
        limit: the cut-off of the list.
        limits: how many customers each limit kept off it; `break_even` counts the `not_worth_it`.
    """

    customers: pd.DataFrame
    limit: Limit
    limits: dict[str, int]

    def with_decision(self, decision: str) -> pd.DataFrame:
        """The customers with one decision, in order."""
        return self.customers[self.customers["decision"] == decision].reset_index(drop=True)

    def counts(self) -> dict[str, int]:
        """The number of customers by decision; `eligible` is their sum."""
        counter = Counter(self.customers["decision"])
        counts = {name: counter.pop(name, 0) for name in ("listed", "held_out", *EXCLUSIONS)}
        assert not counter, f"unknown decisions: {sorted(counter)}"
        return {"eligible": len(self.customers), **counts}


def select(
    scored: pd.DataFrame, settings: OutreachSettings, *, as_of: date, protected: Protected,
    reasons: Reasons, places: Places, wording: Wording, proven: Mapping[str, Proven] = MappingProxyType({}),
) -> Selection:  # fmt: skip
    """Rank the customers and decide for each one; `places` is reduced in place."""
    ranked = scored.sort_values(
        ["expected_net_value", "customer_id"], ascending=[False, True], ignore_index=True
    )
    ranked["decision"] = _exclude(ranked, settings, as_of, protected.do_not_contact)
    ranked["risk_tier"] = risk_tiers(
        ranked["customer_id"], ranked["value_at_risk"], _turns(ranked, settings, places), settings.tiers
    ).where(ranked["decision"] == "")
    held_since = holdout.holder(
        as_of=as_of,
        share=settings.holdout_share,
        holdout_days=settings.holdout_days,
        salt=settings.holdout_salt,
        held=holdout.still_held(protected.held, as_of=as_of, holdout_days=settings.holdout_days),
    )
    decided, kept_off = _decide_in_order(
        ranked, settings, as_of, held_since, reasons, places, proven
    )  # fmt: skip
    limits: dict[str, int] = {name: kept_off[name] for name in STRICTEST}
    limits["break_even"] = int((decided["decision"] == "not_worth_it").sum())
    decided = decided.assign(
        recommended_action=decided["action"].map(wording.action, na_action="ignore"),
        channel=decided["channel"].map(wording.channel, na_action="ignore"),
        as_of=as_of,
    )
    return Selection(decided, next((name for name in STRICTEST if limits[name]), "none"), limits)


def _exclude(
    scored: pd.DataFrame, settings: OutreachSettings, as_of: date, do_not_contact: frozenset[str]
) -> pd.Series:
    """The first of the rules 1 to 8 that excludes each customer, or ""."""
    consent = scored["consent"].astype("boolean").fillna(not settings.consent_required)
    leaving = scored["already_leaving"].astype("boolean").fillna(False)
    owing = scored[PAYMENT_FAILED].astype("boolean").fillna(False) & ~leaving
    contacted = pd.to_datetime(scored["last_contacted_at"])
    cool_from = pd.Timestamp(as_of) - pd.Timedelta(days=settings.cool_down_days)
    rules = {
        "do_not_contact": scored["customer_id"].isin(do_not_contact),
        PAYMENT_FAILED: owing & (consent | (not settings.payment_recovery_consent)),
        "no_consent": ~consent,
        "already_leaving": leaving,
        "lapsed": scored["lapsed"].astype("boolean").fillna(False),
        "cool_down": (contacted >= cool_from) & (settings.cool_down_days > 0),
        "better_left_alone": scored["saved_share"] < 0,
        "not_worth_it": ~(scored["expected_net_value"] > 0),
    }
    first = np.select([rule.to_numpy(dtype=bool) for rule in rules.values()], list(rules), "")
    return pd.Series(first, index=scored.index, dtype="str")


def _turns(ranked: pd.DataFrame, settings: OutreachSettings, places: Places) -> pd.Series:
    """Who would be selected without channel limits and without a hold-out."""
    candidate = ranked["decision"] == ""
    if settings.capacity_per_owner is not None:
        taken = ranked["owner"].map(places.owners).fillna(0)
        of_owner = candidate.groupby(ranked["owner"]).cumsum()  # null without an owner
        candidate &= ~(of_owner + taken > settings.capacity_per_owner)
    return candidate & (candidate.cumsum() <= places.left)


def _decide_in_order(
    ranked: pd.DataFrame, settings: OutreachSettings, as_of: date, held_since: Callable[[str], date | None],
    reasons: Reasons, places: Places, proven: Mapping[str, Proven],
) -> tuple[pd.DataFrame, Counter[str]]:  # fmt: skip
    """Decide about customers without an exclusion, in the order of the ranking; count each limit's losses."""
    waiting = ranked[ranked["decision"] == ""]
    renewals = pd.to_datetime(waiting["renewal_date"]).dt.date
    given: dict[str, dict[str, Any]] = {}
    selected: dict[int, dict[str, Any]] = {}
    kept_off = Counter[str]()

    def worth(action: str, value: float) -> float:
        return proven[action].worth(value, settings.contact_cost) if action in proven else 0.0

    turns = waiting[["customer_id", "owner", "risk_tier", "value"]].itertuples()
    for behind, (row, name, owner, tier, value) in zip(range(len(waiting), 0, -1), turns, strict=True):
        if limit := places.closed():
            kept_off[limit] += behind
            break
        if limit := places.closed_for(owner):
            kept_off[limit] += 1
            continue
        if name not in given:
            given |= _fetch_reasons(waiting.loc[row:], places, reasons)
        codes = [given[name][f"reason_{place}_code"] for place in (1, 2, 3)]
        renewal = None if pd.isna(renewals[row]) else renewals[row]
        action, channels = choose(
            codes, tier, renewal, settings, as_of, given[name].pop(KNOWN) or (), partial(worth, value=value)
        )
        channel = places.channel_for(channels)
        if channel is None:
            kept_off["capacity_per_channel"] += 1
            continue
        since = held_since(name)
        selected[row] = {**given[name], "held_since": since, "action": action, "channel": channel}
        selected[row]["decision"] = "listed" if since is None else "held_out"
        if since is None:
            places.take(owner, channel)
    more = ["held_since", "action", "channel", *REASONS]
    drawn = pd.DataFrame.from_dict(selected, orient="index", columns=["decision", *more], dtype="object")
    drawn = drawn.reindex(ranked.index).astype("object").where(lambda cells: cells.notna(), None)
    decisions = drawn.pop("decision").fillna(ranked["decision"].replace("", "over_capacity")).astype("str")
    return ranked.assign(decision=decisions, **{name: drawn[name] for name in more}), kept_off


def _fetch_reasons(waiting: pd.DataFrame, places: Places, reasons: Reasons) -> dict[str, dict[str, Any]]:
    """Fetch the reasons of the next customers in one batch."""
    owners = {owner for owner in waiting["owner"].unique() if places.closed_for(owner)}
    block = max(places.coming, MIN_BATCH) if places.by_channel else places.coming
    coming = waiting.loc[~waiting["owner"].isin(owners), "customer_id"]
    ids = coming.iloc[: int(min(block, len(coming)))].to_list()
    columns = [*REASONS, KNOWN]
    answers = reasons(ids).set_index("customer_id").reindex(ids, columns=columns).astype("object")
    answers = answers.where(lambda cells: cells.notna(), None)
    return {str(name): dict(zip(columns, cells, strict=True)) for name, *cells in answers.itertuples()}
