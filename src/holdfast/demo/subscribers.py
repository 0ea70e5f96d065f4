"""A demo company that sells subscriptions: who decides to leave, and who is lost because a payment failed.

Each customer has random numbers of their own, so the company of a seed does not depend on its size. Customers
who decide to leave use the product less, complain, give notice, and go at the end of the month that is paid.
Customers whose card expires or has no funds are charged again after some days; if every attempt fails, the
system cancels the subscription. The two have nothing to do with each other.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PLANS = (("basic", 15.0), ("plus", 29.0), ("pro", 79.0))
PLAN_SHARES = (0.55, 0.33, 0.12)
MONTH = 30  # days between two charges
RETRY_DAYS = (3, 7, 14)  # days after the first attempt
EXPIRED, NO_FUNDS = "expired_card", "insufficient_funds"
PAYS_LATER = {EXPIRED: 0.35, NO_FUNDS: 0.6}  # chance that a further attempt succeeds
NO_FUNDS_SHARE = 0.025  # of charges
CARD_DAYS = 1095  # life of a card
TURN_DAYS = 700  # mean days until a customer begins to doubt
DOUBT_DAYS = (25, 80)  # days from there to the notice
QUESTION_DAYS, COMPLAINT_DAYS = 220, 25  # mean days between tickets, usually and in doubt
TOPICS = ("question", "outage", "slow", "billing")

Random = np.random.Generator


class Life(NamedTuple):
    """A customer's days; day 0 is the first of the tables, and times are in days with fractions.

    Attributes:
        started, notice, ended: of the subscription; they may lie after the end of the tables. If a payment
            failed, the system gives notice as it ends the subscription.
        involuntary: the end came because a payment failed.
        plan: index into PLANS.
        charges: one row an attempt: time, invoice, attempt, failure code (None: paid), time of the next one.
        tickets: one row a ticket: time, topic, hours to the resolution, rating (0: none).
        used: the times of use.
    """

    started: float
    notice: float
    ended: float
    involuntary: bool
    plan: int
    charges: list[tuple[float, int, int, str | None, float]]
    tickets: list[tuple[float, str, float, int]]
    used: NDArray[np.float64]


def live(number: int, signed_up: float, days: int, seed: int) -> Life:
    """The life of one customer until the end of the tables."""
    random = np.random.default_rng([seed, number])
    started = signed_up + random.random()
    plan = int(random.choice(len(PLANS), p=PLAN_SHARES))
    turn = started + random.exponential(TURN_DAYS)
    notice = turn + random.uniform(*DOUBT_DAYS)
    paid_until = started + np.ceil((notice - started) / MONTH) * MONTH
    charges, lost = charge(random, started, min(paid_until, days))
    involuntary = lost < min(notice, paid_until)
    ended = min(lost, paid_until)
    return Life(
        started, ended if involuntary else notice, ended, involuntary, plan, charges,
        list(write(random, started, turn, min(ended, days))), use(random, started, turn, min(ended, days)),
    )  # fmt: skip


def charge(
    random: Random, started: float, until: float
) -> tuple[list[tuple[float, int, int, str | None, float]], float]:  # fmt: skip
    """The attempts to charge each month, and when the last one of an invoice failed (infinity: never)."""
    attempts: list[tuple[float, int, int, str | None, float]] = []
    expires = started + random.uniform(0, CARD_DAYS)
    for invoice in range(int(np.ceil((until - started) / MONTH))):
        at = started + MONTH * invoice
        code = EXPIRED if at >= expires else NO_FUNDS if random.random() < NO_FUNDS_SHARE else None
        times = [at, *(at + days for days in RETRY_DAYS)]
        for attempt, time in enumerate(times):
            if code is not None and attempt and random.random() < PAYS_LATER[code]:
                expires = at + CARD_DAYS if code == EXPIRED else expires
                code = None
            ahead = times[attempt + 1] if code is not None and attempt + 1 < len(times) else np.inf
            attempts.append((time, invoice, attempt, code, ahead))
            if code is None:
                break
        else:
            return attempts, times[-1]
    return attempts, np.inf


def write(
    random: Random, started: float, turn: float, until: float
) -> Iterator[tuple[float, str, float, int]]:
    """Tickets: questions now and then, complaints once a customer doubts."""
    time = started
    while True:
        doubts = time >= turn
        time += random.exponential(COMPLAINT_DAYS if doubts else QUESTION_DAYS)
        if time >= until:
            return
        doubts = time >= turn
        topic = TOPICS[int(random.integers(1, len(TOPICS)))] if doubts else TOPICS[0]
        rating = int(random.integers(1, 3) if doubts else random.integers(3, 6))
        yield time, topic, random.exponential(60 if doubts else 12), rating if random.random() < 0.4 else 0


def use(random: Random, started: float, turn: float, until: float) -> NDArray[np.float64]:
    """The times of use: on most days, and ever less once a customer doubts."""
    first = max(started, 0.0)
    day = np.arange(first, max(until, first))
    keen = random.uniform(0.15, 0.6) * np.exp(-np.clip(day - turn, 0, None) / 30)
    used = day[random.random(len(day)) < keen]
    return np.asarray(used + random.random(len(used)), np.float64)
