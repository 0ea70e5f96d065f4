"""A list of any length for looking at its page: customers in four scripts, all that a page can show."""

import datetime as dt
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from scipy.special import logit

from holdfast.outreach.page.history import History
from holdfast.outreach.page.island import Page
from holdfast.outreach.page.waterfall import Waterfall
from holdfast.outreach.page.words import PageWords

CONF = Path(__file__).parents[2] / "conf" / "outreach"
AS_OF = dt.date(2026, 8, 1)
FIRST_NAMES = ["Rasa", "Žemyna", "Ελένη", "Γιώργος", "مریم", "علی", "Anna", "Peter"]
LAST_NAMES = ["Kazlauskienė", "Petrauskas", "Παπαδόπουλος", "حسینی", "Smith", "van der Berg"]
ACTIONS = [
    "Lookup what has changed since their last order and offer to prepare the usual one",
    "Find out where the missing orders go now, and offer to bring them back",
    "Solve the open ticket first, then call with the solution",
]
BACKGROUND = {"HABIT", "PROFILE", "NEW_CUSTOMER", "TOPIC"}  # what the playbook has no answer to
CHANNELS = {"high": "dedicated manager call", "medium": "help desk call", "low": "help desk e-mail"}


def words(language: str = "en") -> PageWords:
    """The page's words as they ship."""
    return PageWords(**yaml.safe_load((CONF / "page" / f"{language}.yaml").read_text(encoding="utf-8")))


def customer(place: int, chance: random.Random) -> dict[str, Any]:
    """One row of the list."""
    probability = round(chance.betavariate(3, 3), 6)
    silence = chance.randint(20, 200)
    tier = chance.choice(["high", "medium", "low", "low"])
    return {
        "rank": place + 1,
        "customer_id": f"{place:07d}",
        "name": f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
        "owner": chance.choice([None, *(f"Owner {number}" for number in range(1, 30))]),
        "churn_probability": probability,
        "risk_tier": tier,
        "value_at_risk": round(chance.lognormvariate(6, 1), 2),
        "expected_net_value": round(chance.lognormvariate(4, 1), 2),
        "reason_1": f"No purchase for {silence} days, usually every {chance.randint(3, 30)} days",
        "reason_2": f"Orders in the last 90 days: {chance.randint(1, 9)}; in the 90 before: 12",
        "reason_3": chance.choice([None, "Tickets in the last 60 days: 4"]),
        "reason_1_code": "LONG_SILENCE",
        "reason_2_code": "FEWER_ORDERS",
        "reason_3_code": "MANY_TICKETS",
        "recommended_action": chance.choice(ACTIONS),
        "channel": CHANNELS[tier],
        "status_vs_last": chance.choice(["new", "worse", "better", "still"]),
        "previous_probability": chance.choice([None, round(probability * 0.9, 6)]),
        "days_since_last_purchase": float(silence),
        "open_tickets": chance.choice([0, 0, 1, 2]),
        "renewal_date": chance.choice([None, dt.date(2026, 9, chance.randint(1, 28))]),
        "segment": chance.choice(["retail", "horeca", "office"]),
        "language": chance.choice(["en", "el", "lt", "fa"]),
        "country": chance.choice(["GR", "LT", "IR", "GB"]),
    }


def make_list(size: int, **changes: Any) -> Any:
    """What `render_report` reads of an `AtRiskList`; `changes` are columns that everybody has."""
    chance = random.Random(7)
    listed = pd.DataFrame([customer(place, chance) | changes for place in range(size)])
    left = pd.DataFrame(
        {
            "customer_id": [f"left-{place}" for place in range(size // 4)],
            "name": None,
            "why": ["returned" if place % 2 else "held_out" for place in range(size // 4)],
            "previous_probability": 0.6,
            "churn_probability": [0.2 if place % 3 else None for place in range(size // 4)],
        }
    ).astype({"churn_probability": "float64"})
    counts = dict.fromkeys(words().places, 10) | {"listed": size}
    return SimpleNamespace(
        listed=listed, left=left, counts=counts | {"eligible": sum(counts.values())}, limit="capacity",
        as_of=AS_OF, last_outcome_day=dt.date(2026, 10, 29), previous_as_of=dt.date(2026, 7, 25),
        model_version="2026-04-06-abcdef12",
    )  # fmt: skip


def page_of(at_risk: Any, language: str = "en", dates: int = 12) -> Page:
    """Histories and waterfalls that fit the list, and the words."""
    draw, size = np.random.default_rng(3), len(at_risk.listed)
    probability = at_risk.listed["churn_probability"].to_numpy()
    before = np.clip(probability + draw.normal(0, 0.05, (dates, size)).cumsum(0)[::-1], 0.002, 0.99)
    before[:4][draw.random((4, size)) < 0.2] = np.nan
    history = History(
        tuple(AS_OF - dt.timedelta(days=7 * week) for week in range(dates, 0, -1)),
        tuple(place > 3 for place in range(dates)),
        before,
    )
    codes, start = tuple(sorted(words().labels)), np.full(size, -1.2)
    added = draw.normal(0, 0.3, (size, len(codes))) + 0.8 * (np.array(codes) == "LONG_SILENCE")
    added += ((logit(probability) - start - added.sum(axis=1)) / len(codes))[:, None]
    waterfall = Waterfall(tuple(at_risk.listed["customer_id"]), start, codes, added)
    return Page(words(language), language, "EUR", history, waterfall, frozenset(codes) - BACKGROUND)
