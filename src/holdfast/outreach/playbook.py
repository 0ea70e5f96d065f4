"""How much is at stake with a customer, and what to do about it: tier, action and channels."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from holdfast.outreach.settings import OutreachSettings, Play, Tier, Tiers, When

TIERS: tuple[Tier, ...] = ("high", "medium", "low")  # from the most money down


class Chosen(NamedTuple):
    """What to do about one customer.

    Attributes:
        action: a code or a text, as the settings name it.
        channels: that of the customer's tier, then those of the tiers below it, each once: where one is
            full, the next is taken.
    """

    action: str
    channels: tuple[str, ...]


def risk_tiers(customer_id: pd.Series, value_at_risk: pd.Series, turn: pd.Series, tiers: Tiers) -> pd.Series:
    """`high`, `medium` or `low` by the money at risk, aligned by index.

    Of the customers whose `turn` it is, going from the most value at risk down, those are `high` until
    the share `tiers.high` of their whole value at risk is reached, then `medium` for the next share, then
    `low`. The customer with whom a border is reached still belongs above it, so the first one is `high`
    unless that share is 0. Equal values are taken in the order of customer_id. Everybody else has the
    tier that one more customer would have at that place.

    Args:
        turn: whether a customer counts for the borders.
    """
    frame = pd.DataFrame({"customer_id": customer_id, "money": value_at_risk, "turn": turn})
    frame = frame.sort_values(["money", "customer_id"], ascending=[False, True])
    counted = frame["money"].where(frame["turn"], 0.0)
    total = float(counted.sum())
    before = (counted.cumsum() - counted) / total if total > 0 else counted
    # Running sums lose the last digits: 0.1 + 0.2 + 0.2 must reach a border of 0.5.
    before = before.round(9)
    names = np.select([before < tiers.high, before < tiers.high + tiers.medium], ["high", "medium"], "low")
    return pd.Series(names, index=frame.index, dtype="str").reindex(customer_id.index)


def choose(
    codes: Sequence[str | None], tier: Tier, renewal: date | None, settings: OutreachSettings, as_of: date,
    known: Collection[str] = (),
) -> Chosen:  # fmt: skip
    """What to do about a customer: of the first reason that the playbook knows, urgent ones first.

    Where it knows none of them, it is the default.

    Args:
        codes: the reason codes, the strongest first; None where there are fewer.
        renewal: the next renewal that was known; None: none.
        known: what is known of the customer (see `When.known`).
    """
    urgent = [code for code, play in settings.playbook.items() if play.urgent and code in codes]
    code = next((code for code in (*urgent, *codes) if code in settings.playbook), None)
    play = Play(action=settings.default_action) if code is None else settings.playbook[code]
    variants = (one for one in play.variants if fits(one.when, codes, known))
    variant = next((one for one in variants if holds(one.when, tier, renewal, as_of)), None)
    action = (variant.action if variant else None) or play.action or str(code)
    channel: dict[Tier, str] = {name: getattr(settings.channels, name) for name in TIERS}
    channel |= play.channel | (variant.channel if variant else {})
    below = TIERS[TIERS.index(tier) :]
    return Chosen(action, tuple(dict.fromkeys(channel[name] for name in below)))


def fits(when: When, codes: Collection[str | None], known: Collection[str]) -> bool:
    """Whether a variant is meant for such reasons, and for what is known of the customer."""
    return (not when.reasons or not set(when.reasons).isdisjoint(codes)) and set(when.known) <= set(known)


def holds(when: When, tier: Tier, renewal: date | None, as_of: date) -> bool:
    """Whether a variant is meant for such a customer."""
    if when.tier and tier not in when.tier:
        return False
    if when.renewal_within_days is None:
        return True
    return renewal is not None and 0 <= (renewal - as_of).days <= when.renewal_within_days
