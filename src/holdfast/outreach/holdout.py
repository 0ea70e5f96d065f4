"""The hold-out: a random control group that is not contacted, to measure whether contacts help.

Why listed and held-out customers are comparable:

- Time is divided into rounds of `holdout_days`. In each round a customer's draw is a hash in [0, 1) of the
  salt, the round and the id: the same on every machine and independent of everything else about the
  customer. A draw below `holdout_share` means held out.
- The draw applies when the customer is selected from the ranking. Whether a customer is selected depends on
  the draws of those ranked higher, never on the own draw. So every selected customer is held out with the
  same probability. A held-out customer uses no capacity; the next one in the ranking moves up.
- Within a round nobody changes groups.
- A customer stays held out for `holdout_days` from the first day, if necessary into the next round, so that
  a full outcome window can pass. Then the new round's draw decides.
- Measurement counts each customer once per round, in the group and from the date of the first selection
  (`held_since` for the held out). Later lists of a round are biased: saved customers are no longer on them,
  while the held out still are.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd

_FIRST_ROUND = date(1970, 1, 1)


def round_start(as_of: date, holdout_days: int) -> date:
    """The first day of the round that contains `as_of`."""
    rounds = (as_of - _FIRST_ROUND).days // holdout_days
    return _FIRST_ROUND + timedelta(days=rounds * holdout_days)


def draw(customer_id: str, *, salt: str, round_of: date) -> float:
    """The customer's uniform draw in [0, 1) for one round: the first 53 bits of a SHA-256."""
    text = f"{salt}\n{round_of.isoformat()}\n{customer_id}"
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) * 2.0**-53


def still_held(held: pd.DataFrame | None, *, as_of: date, holdout_days: int) -> dict[str, date]:
    """customer_id → the latest held_since of customers held out whose `holdout_days` are not over at `as_of`.

    Args:
        held: earlier hold-outs, one row per customer and list: customer_id, held_since. Rows from `as_of` on
            are ignored, so that a list can be rebuilt. None: nobody.
    """
    if held is None or held.empty:
        return {}
    since = pd.to_datetime(held["held_since"])
    today = pd.Timestamp(as_of)
    active = (since < today) & (since > today - pd.Timedelta(days=holdout_days))
    latest = since[active].groupby(held.loc[active, "customer_id"].astype(str)).max()
    return {str(customer): day.date() for customer, day in latest.items()}


def holder(
    *, as_of: date, share: float, holdout_days: int, salt: str, held: dict[str, date]
) -> Callable[[str], date | None]:
    """A function from a selected customer to the day since which they are held out; None: to be listed.

    Customers in `held` (see `still_held`) stay held out even when `share` is 0.
    """
    round_of = round_start(as_of, holdout_days)

    def held_since(customer_id: str) -> date | None:
        if customer_id in held:
            return held[customer_id]
        return as_of if draw(customer_id, salt=salt, round_of=round_of) < share else None

    return held_since
