"""Why somebody left, the best that is known: recorded, told earlier, or the last facts."""

import datetime as dt

import pytest

from holdfast.explain.texts import Texts
from holdfast.outreach.leavers import REASON, last_facts, recorded, repeat_earlier

AS_OF = dt.date(2026, 8, 1)
TEXTS = Texts(
    {
        "OPEN_TICKET": ["Open: {open_tickets}, for {open_days} days", "Tickets are open"],
        "PRICE_UP": ["Pays {price_rise}% more", "Dearer"],
        "LONG_SILENCE": ["Silent for {silence}, usually {usual_gap}", "Silent for {silence}", "Silent"],
    }
)
NOTHING = {
    "recorded_reason": None, "recorded_on": None, "open_tickets": float("nan"), "open_days": float("nan"),
    "price_change": float("nan"), "days_since_last_purchase": float("nan"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("known", "reason", "code"),
    [
        (
            {"open_tickets": 2.0, "open_days": 30.4, "price_change": 1.5},
            "Open: 2, for 30 days",
            "OPEN_TICKET",
        ),
        ({"open_tickets": 1.0, "open_days": 0.3}, "Open: 1, for 0.3 days", "OPEN_TICKET"),
        ({"price_change": 1.2, "days_since_last_purchase": 200.0}, "Pays 20% more", "PRICE_UP"),
        ({"price_change": 1.02, "days_since_last_purchase": 200.0}, "Silent for 200", "LONG_SILENCE"),
    ],
)
def test_the_gravest_of_the_last_facts(known, reason, code):
    assert last_facts(NOTHING | known, TEXTS, AS_OF) == dict(
        zip(REASON, (reason, code, "facts", AS_OF), strict=True)
    )


def test_nothing_is_known():
    assert last_facts(NOTHING, TEXTS, AS_OF) == {}
    assert recorded(NOTHING) is None
    assert repeat_earlier({"code": float("nan")}, TEXTS) is None


def test_what_was_recorded_is_told_as_it_was():
    person = NOTHING | {"recorded_reason": "moved away", "recorded_on": dt.date(2026, 7, 1)}
    cells = ("moved away", "RECORDED", "recorded", dt.date(2026, 7, 1))
    assert recorded(person) == dict(zip(REASON, cells, strict=True))


def test_what_was_told_in_another_language_is_told_in_general_words():
    kept = {
        "code": "PRICE_UP",
        "text": "Ακριβότερα 9%",
        "from": "list",
        "as_of": AS_OF,
        "same_language": False,
    }
    told, same = repeat_earlier(kept, TEXTS), repeat_earlier(kept | {"same_language": True}, TEXTS)
    assert told is not None
    assert same is not None
    assert (told["reason"], same["reason"]) == ("Dearer", "Ακριβότερα 9%")
