"""Visits to the web site and answers to surveys.

They do not affect the customer's state, and use a second random stream: orders, tickets and true
probabilities are independent of them. Customers of the kind FOLLOWING stop visiting before they stop buying.
Others never use the site (OFFLINE), or keep visiting while they buy elsewhere (LOOKING).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.demo.chance import compiled, derived, uniform
from holdfast.demo.facts import ANSWERS, VISITS, Book
from holdfast.demo.support import DAY

OFFLINE, FOLLOWING, LOOKING = range(3)  # how a customer uses the web site
ONLINE_SHARES = (0.30, 0.50, 0.20)
# visits for each purchase at the current (FOLLOWING) or the base (LOOKING) intensity
FOLLOWING_PACE, LOOKING_PACE = 2.0, 0.5

ACTIONS = ("visit", "login", "basket")
SEEN_AT_ORDER = 0.8  # of the orders of those who use the site: a visit on the same day
# of the days on the site: those with a login, with something put into the basket
LOGIN_CHANCE, BASKET_CHANCE, BASKET_AT_ORDER = 0.15, 0.08, 0.4
MORE_VISITS = 0.9  # mean of the visits of a day beyond the first
OPENS, CLOSES = 7 * 3600, 22 * 3600  # seconds of the day

SURVEY_EVERY_DAYS, SURVEY_DAY = 182, 120
INVITED_WITHIN_DAYS = 365  # since the last order
ANSWER_CHANCE, ANSWER_HABIT, ANSWER_BITTER = 0.12, 0.30, 0.10
BEST_SCORE, BITTER_SCORE, SCORE_NOISE = 9.7, 5.5, 3.0  # of 10, before rounding down
ANSWER_DAYS = 6

_TRACES = 1_000_003  # the step to a customer's second stream; the futures of the truth use small ones


@compiled
def second_stream(start: np.uint64) -> NDArray[np.uint64]:
    """The random stream of a customer's traces."""
    stream = np.zeros(1, np.uint64)
    stream[0] = derived(start, _TRACES)
    return stream


@compiled
def leave_traces(
    person: Any, state: Any, rate: float, day: int, stream: NDArray[np.uint64], book: Book
) -> None:
    """Record a day's visits and answers, given the state at its end and its intensity of buying."""
    bought = state.last_order == day
    if person.online != OFFLINE:
        pace = FOLLOWING_PACE * rate if person.online == FOLLOWING else LOOKING_PACE * person.base
        chance = SEEN_AT_ORDER if bought else 1 - np.exp(-person.visits * pace)
        if uniform(stream) < chance:
            visit(person.customer, day, bought, stream, book)
    if day % SURVEY_EVERY_DAYS == SURVEY_DAY:
        answer(person, state, day, stream, book)


@compiled
def visit(customer: int, day: int, bought: bool, stream: NDArray[np.uint64], book: Book) -> None:
    """Record a day on the web site, one record for each action."""
    basket = BASKET_AT_ORDER if bought else BASKET_CHANCE
    for action in range(len(ACTIONS)):
        times = 1
        if action == 0:
            times += int(-np.log(1 - uniform(stream)) * MORE_VISITS)
        elif uniform(stream) >= (LOGIN_CHANCE if action == 1 else basket):
            continue
        seen = book.visits[book.used[VISITS]]
        book.used[VISITS] += 1
        seen.customer, seen.day, seen.action, seen.times = customer, day, action, times
        seen.last = day * DAY + OPENS + int(uniform(stream) * (CLOSES - OPENS))


@compiled
def answer(person: Any, state: Any, day: int, stream: NDArray[np.uint64], book: Book) -> None:
    """Send a survey to recent customers. A weak habit lowers the answer rate, a bad mood the score."""
    if person.may_contact == 0 or state.last_order < day - INVITED_WITHIN_DAYS:
        return
    bitter = 1 - np.exp(state.mood - state.shock)
    chance = ANSWER_CHANCE + ANSWER_HABIT * state.habit + ANSWER_BITTER * bitter
    if uniform(stream) >= chance:
        return
    noise = SCORE_NOISE * (uniform(stream) + uniform(stream) - 1)
    delay = int(uniform(stream) ** 2 * ANSWER_DAYS * DAY)
    given = book.answers[book.used[ANSWERS]]
    book.used[ANSWERS] += 1
    given.customer, given.answered = person.customer, day * DAY + 10 * 3600 + delay
    given.score = min(10, max(0, int(np.floor(BEST_SCORE - BITTER_SCORE * bitter + noise))))
