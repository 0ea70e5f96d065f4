"""Contacts: how often the company contacted the customer, and whether the customer responded."""

from holdfast.features.family import ALL, BOTH, HIGHER, LOWER, Claim, Family, Feature, Figure, Reason
from holdfast.features.measures import AGE, select

contacted, responded = select("contacted"), select("responded")
unanswered = contacted.since_last(responded)
channels = contacted.distinct("channel").count()

CONTACTS = Family(
    name="contacts",
    stream="contacts",
    reasons=(
        Reason("CONTACT_FATIGUE",
               figures=(Figure("contacts", Claim("contacts__count", above=0, shortest=30)),)),
    ),
    features=(
        Feature("count", contacted.count(), "contacts", "contacts made", BOTH, HIGHER),
        Feature("days_since", contacted.min(AGE), "days", "since the last contact", ALL, LOWER),
        Feature("responses", responded.count(), "responses", "responses", BOTH, LOWER),
        Feature("response_share", responded.count() / contacted.count(), "share",
                "responses for each contact", ALL, LOWER),
        Feature("unanswered", unanswered.count(), "contacts",
                "contacts made since the last response (all of them without one)", ALL, HIGHER),
        Feature("channels", channels, "channels", "different channels", ALL),
        Feature("last_channel", contacted.last("channel"), "level", "the last channel", ALL),
    ),
)  # fmt: skip
