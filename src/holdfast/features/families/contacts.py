"""Contacts: how often the company called, and whether the customer responded."""

from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import select
from holdfast.features.values import AGE

contacted = select("contacted")
responded = select("responded")

CONTACTS = Family(
    name="contacts",
    stream="contacts",
    reason="CONTACT_FATIGUE",
    features=(
        Feature("count", contacted.count(), "contacts", "contacts made", Windows.BOTH),
        Feature("days_since", contacted.smallest(AGE), "days", "since the last contact", Windows.LIFE),
        Feature("responses", responded.count(), "responses", "responses", Windows.BOTH),
        Feature(
            "response_share",
            responded.count() / contacted.count(),
            "share",
            "responses for each contact",
            Windows.LIFE,
        ),
        Feature(
            "unanswered",
            contacted.after(responded).count(),
            "contacts",
            "contacts made since the last response (all of them without one)",
            Windows.LIFE,
        ),
        Feature(
            "channels", contacted.distinct("channel").count(), "channels", "different channels", Windows.LIFE
        ),
        Feature(
            "last_channel", contacted.newest("channel"), "level", "the last channel", Windows.LIFE, level=True
        ),
    ),
)
