"""The value tier, the action and the channels of a customer."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from holdfast.outreach.settings import OutreachSettings, Play, Tier, Tiers, When

TIERS: tuple[Tier, ...] = ("high", "medium", "low")


class Chosen(NamedTuple):
    """The action and the channels for one customer.

    Attributes:
        action: a code or a text, as in the settings.
        channels: the channel of the customer's tier, then those of lower tiers, used when it is full.
    """

    action: str
    channels: tuple[str, ...]


class Proven(NamedTuple):
    """The effect of an action on the customers whom chance drew for it.

    Attributes:
        saved, low, high: the churn reduction, a share, with its 95% interval, above 0.
        cost: the mean cost of such a contact; None: unknown.
    """

    customers: int
    saved: float
    low: float
    high: float
    cost: float | None

    def worth(self, value: float, contact_cost: float) -> float:
        """The money that it brings at least with a customer of this value, by the interval's lower end."""
        return self.low * value - (contact_cost if self.cost is None else self.cost)


def risk_tiers(customer_id: pd.Series, value_at_risk: pd.Series, turn: pd.Series, tiers: Tiers) -> pd.Series:
    """`high`, `medium` or `low` by value at risk, aligned by index.

    Customers with `turn` are sorted by value at risk, descending, then by customer_id. They are `high` until
    the cumulative share of value at risk reaches `tiers.high`, then `medium` for the next share, then `low`.
    The customer who crosses a boundary belongs to the higher tier. Other customers get the tier of their
    position in this order.
    """
    frame = pd.DataFrame({"customer_id": customer_id, "money": value_at_risk, "turn": turn})
    frame = frame.sort_values(["money", "customer_id"], ascending=[False, True])
    counted = frame["money"].where(frame["turn"], 0.0)
    total = float(counted.sum())
    before = (counted.cumsum() - counted) / total if total > 0 else counted
    # rounded, because floating-point sums such as 0.1 + 0.2 + 0.2 must reach a boundary of 0.5
    before = before.round(9)
    names = np.select([before < tiers.high, before < tiers.high + tiers.medium], ["high", "medium"], "low")
    return pd.Series(names, index=frame.index, dtype="str").reindex(customer_id.index)


def choose(
    codes: Sequence[str | None], tier: Tier, renewal: date | None, settings: OutreachSettings, as_of: date,
    known: Collection[str] = (), worth: Callable[[str], float] = lambda _: 0.0,
) -> Chosen:  # fmt: skip
    """Choose the play of the first reason in the playbook, urgent plays first, or else the default action.

    If none of the plays is urgent, a later one comes first if its action is proven to be worth more.

    Args:
        codes: the reason codes, the strongest first, padded with None.
        renewal: the next known renewal date, if any.
        known: the data that exists for the customer (see `When.known`).
        worth: action → the money that it certainly brings with this customer; at most 0: not proven.
    """
    urgent = [code for code, play in settings.playbook.items() if play.urgent and code in codes]
    answered: list[str | None] = [*urgent[:1]] or [code for code in codes if code in settings.playbook]

    def step(code: str | None) -> Chosen:
        play = Play(action=settings.default_action) if code is None else settings.playbook[code]
        variants = (variant for variant in play.variants if fits(variant.when, codes, known))
        variant = next((variant for variant in variants if holds(variant.when, tier, renewal, as_of)), None)
        action = (variant.action if variant else None) or play.action or str(code)
        channel: dict[Tier, str] = {name: getattr(settings.channels, name) for name in TIERS}
        channel |= play.channel | (variant.channel if variant else {})
        below = TIERS[TIERS.index(tier) :]
        return Chosen(action, tuple(dict.fromkeys(channel[name] for name in below)))

    steps = [step(code) for code in answered or [None]]
    return max(steps, key=lambda step: max(0.0, worth(step.action)))  # the first of equal ones


def fits(when: When, codes: Collection[str | None], known: Collection[str]) -> bool:
    """Whether a variant's conditions on reasons and on known data are met."""
    return (not when.reasons or not set(when.reasons).isdisjoint(codes)) and set(when.known) <= set(known)


def holds(when: When, tier: Tier, renewal: date | None, as_of: date) -> bool:
    """Whether a variant's conditions on tier and renewal date are met."""
    if when.tier and tier not in when.tier:
        return False
    if when.renewal_within_days is None:
        return True
    return renewal is not None and 0 <= (renewal - as_of).days <= when.renewal_within_days
