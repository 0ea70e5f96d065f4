"""The hold-out: customers left alone on purpose, so that one can later see whether contacts help.

How it is drawn, and why listed against held out is a fair comparison:

- Time is cut into rounds of `holdout_days`. Within a round, a customer's draw is a number in [0, 1)
  that follows from the salt, the round and the id alone: the same on every machine and engine, and
  unrelated to anything else about the customer. Below `holdout_share` means held out.
- A draw counts only when the customer's turn comes, walking down the ranking: those before are settled,
  and whether the turn comes depends on *their* draws, never on the customer's own. So everyone whose
  turn comes is held out with exactly the same probability, and the two groups differ by chance only.
  A held-out customer takes no place of the capacity; the next one in the ranking moves up.
- Within a round nobody changes sides: who was listed is never drawn into the hold-out some days later,
  who is held out is not called some days later.
- Who is held out stays so for `holdout_days` from the first day, into the next round if need be, so
  that a whole outcome window can pass. After that the new round's draw decides: nobody is left alone
  for ever.
- For measuring, each customer counts in the group and from the day at which their turn first came in a
  round (`held_since` for the held out). Later lists of the same round are already changed by the
  contacts: who was saved is no longer on them, while the held out still are.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd

_FIRST_ROUND = date(1970, 1, 1)


def round_start(as_of: date, holdout_days: int) -> date:
    """The first day of the round of draws in which `as_of` lies."""
    rounds = (as_of - _FIRST_ROUND).days // holdout_days
    return _FIRST_ROUND + timedelta(days=rounds * holdout_days)


def draw(customer_id: str, *, salt: str, round_of: date) -> float:
    """The customer's number in [0, 1) for one round: the first 53 bits of a SHA-256, evenly spread."""
    text = f"{salt}\n{round_of.isoformat()}\n{customer_id}"
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) * 2.0**-53


def still_held(held: pd.DataFrame | None, *, as_of: date, holdout_days: int) -> dict[str, date]:
    """Who was drawn before `as_of` and is still held out then, with the day of the draw.

    Args:
        held: earlier hold-outs, one row a customer and list: customer_id, held_since (a date). Rows from
            `as_of` on are not looked at, so that a list can be made again. None or empty: nobody.

    Returns:
        customer_id → held_since, the latest draw where there are several.
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
    """A function that tells since when a customer whose turn comes is held out; None: to be listed.

    Args:
        held: who is still held out from before, from `still_held`. They stay so even when `share` is 0.
    """
    round_of = round_start(as_of, holdout_days)

    def held_since(customer_id: str) -> date | None:
        if customer_id in held:
            return held[customer_id]
        return as_of if draw(customer_id, salt=salt, round_of=round_of) < share else None

    return held_since
