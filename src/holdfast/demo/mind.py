"""A customer's fixed traits, and the state that changes day by day.

The intensity of buying depends only on this state, the calendar and `base`. The state depends only on facts
in the raw tables. So only `base` is hidden.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.demo.chance import compiled
from holdfast.demo.market import GROUPS

PERSON = np.dtype(
    [
        ("customer", "i8"),
        ("stream", "u8"),  # the start of the customer's own random stream
        ("signed_up", "i8"),  # day
        ("base", "f8"),  # purchases a day when the habit is strong and the mood is good
        ("segment", "i8"),
        ("country", "i8"),
        ("favourite", "i8"),  # product group
        ("may_contact", "i8"),
        ("lines", "f8"),
        ("units", "i8"),
        ("online", "i8"),  # how they use the web site
        ("visits", "f8"),  # days on it for each purchase
    ]
)
STATE = np.dtype(
    [
        ("habit", "f8"),  # 0 gone … 1 strong
        ("mood", "f8"),  # what support has done to the logarithm of the intensity, at most 0
        ("shock", "f8"),  # what price rises have taken from it, at least 0
        ("lift", "f8"),  # what campaigns have added to it, at least 0
        ("complaints", "f8"),  # recent complaints, fading
        ("last_order", "i8"),  # day
        ("orders", "i8"),
        ("tickets", "i8"),
        ("busy", "i8"),  # tickets under way: slots that are not free
        ("recorded", "i8"),  # 1: the facts of today go to the book; 0: before day 0, or in a simulated future
    ]
)
SLOT = np.dtype(
    [
        ("stage", "i8"),  # FREE, PENDING until its day comes, OPEN
        ("day", "i8"),
        ("clock", "i8"),  # second of the last thing that happened to it
        ("order", "i8"),
        ("product", "i8"),
        ("value", "f8"),
        ("ordered", "i8"),  # day of the order it is about
        ("topic", "i8"),
        ("tone", "i8"),
        ("medium", "i8"),
        ("again", "i8"),
        ("answered", "i8"),
        ("reopened", "i8"),
        ("harm", "f8"),
        ("row", "i8"),  # in the book
    ]
)
SLOTS = 8
FREE, PENDING, OPEN = range(3)
NOT_IN_BOOK = -1  # the row of a ticket opened before day 0 or in a simulated future

FLOOR = 0.01  # the share of the base intensity without any habit
GAIN = 0.7  # the share of the distance to a full habit that one purchase closes
HALF = 0.4  # the habit at which about half of the base intensity is left; below it habits collapse
FADING = 0.17  # the decay rate of the habit for each usual gap between purchases
# Daily decay factors: these fade to 1/e in 75, 90, 20 and 60 days.
MOOD_KEPT, SHOCK_KEPT, LIFT_KEPT, COMPLAINTS_KEPT = (math.exp(-1 / days) for days in (75, 90, 20, 60))


class Mind(NamedTuple):
    """A customer's state, open tickets (`slots`), remembered prices and random stream.

    `remembered` is the price factor last paid in each product group; 0: never bought.
    """

    state: NDArray[Any]
    slots: NDArray[Any]
    remembered: NDArray[np.float64]
    stream: NDArray[np.uint64]


@compiled
def new_mind(state: NDArray[Any], slots: NDArray[Any], start: np.uint64) -> Mind:
    """The mind of a new customer; `state` and `slots` are empty records."""
    stream = np.zeros(1, np.uint64)
    stream[0] = start
    state[0].habit = 0.4
    state[0].last_order = -1_000_000
    return Mind(state, slots, np.zeros(len(GROUPS)), stream)


@compiled
def imagined(mind: Mind, start: np.uint64) -> Mind:
    """A copy for simulating a future with another random stream, without recording."""
    stream = np.zeros(1, np.uint64)
    stream[0] = start
    slots = mind.slots.copy()
    for slot in slots:
        slot.row = NOT_IN_BOOK
    state = mind.state.copy()
    state[0].recorded = 0
    return Mind(state, slots, mind.remembered.copy(), stream)


@compiled
def fading(state: Any) -> float:
    """The habit's effect on the log intensity: at most 0."""
    strength = state.habit**3
    return float(np.log(FLOOR + (1 - FLOOR) * (1 + HALF**3) * strength / (strength + HALF**3)))


@compiled
def intensity(base: float, state: Any, season: float) -> float:
    """Expected purchases on a day, given the state."""
    strength = state.habit**3
    habit = FLOOR + (1 - FLOOR) * (1 + HALF**3) * strength / (strength + HALF**3)
    return float(base * season * np.exp(state.mood - state.shock + state.lift) * habit)


@compiled
def let_a_day_pass(base: float, state: Any) -> None:
    """Apply a day's decay to habit, mood, shock, lift and complaints."""
    state.habit *= np.exp(-FADING * base)
    state.mood *= MOOD_KEPT
    state.shock *= SHOCK_KEPT
    state.lift *= LIFT_KEPT
    state.complaints *= COMPLAINTS_KEPT
