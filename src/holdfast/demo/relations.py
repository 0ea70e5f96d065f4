"""The raw tables of tickets with texts, customers, contacts, web activity and survey answers."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.demo.chance import uniforms, words
from holdfast.demo.columns import Clock, labels, money
from holdfast.demo.customers import consents, name_customers
from holdfast.demo.facts import Records
from holdfast.demo.identifiers import Numbers, customer_numbers, order_numbers, spelled
from holdfast.demo.market import COUNTRIES, PRODUCTS_PER_GROUP, SEGMENTS
from holdfast.demo.support import DAY, MEDIA, TOPICS
from holdfast.demo.traces import ACTIONS
from holdfast.demo.words import PHRASES
from holdfast.demo.words.phrases import compose

URGENCIES = ("low", "normal", "high")
CONTACT_MEDIA, CONTACT_COSTS = ("email", "phone"), (0.05, 3.5)
ARMS = ("CONTACTED", "CONTROL")
REACTIONS = (None, "opened", "answered")
EXPORT = 3 * 3600 + 900  # second of the day at which the day before is exported
FOREIGN_SHARE = 0.06  # share of tickets in English instead of the customer's language

# Purposes of hashes.
_WORDS, _FOREIGN, _REGISTERED = range(300, 303)


def tabulate_tickets(tickets: Records, countries: NDArray[np.int64], clock: Clock, seed: int) -> pa.Table:
    """Grain: one ticket. Key: ticket_no. Events at the end or later are null.

    Args:
        countries: the country of each ticket's customer.
    """
    number = order_numbers(tickets["customer"], tickets["ticket"])
    order_id = spelled("SO", order_numbers(tickets["customer"], tickets["order"]))
    languages = _languages(countries, number, seed)
    rated = (tickets["rated"] >= 0) & (tickets["rated"] < clock.seconds)
    table = pa.table(
        {
            "ticket_no": spelled("T", number),
            "customer_no": customer_numbers(tickets["customer"]),
            "order_id": order_id,
            "created_at": clock.moments(tickets["opened"]),
            "first_reply_at": clock.moments(tickets["answered"], tickets["answered"] >= 0),
            "closed_at": clock.moments(tickets["resolved"], tickets["resolved"] >= 0),
            "reopened_at": clock.moments(tickets["reopened"], tickets["reopened"] >= 0),
            "topic": labels(TOPICS, tickets["topic"]),
            "urgency": labels(URGENCIES, tickets["urgency"]),
            "came_by": labels(MEDIA, tickets["medium"]),
            "rating": pa.array(tickets["score"], pa.int8(), mask=~rated),
            "rated_at": clock.moments(tickets["rated"], rated),
            "message": pa.array(_messages(tickets, languages, order_id, number, seed), pa.string()),
            "message_language": pa.array(languages, pa.string()),
        }
    )
    return table.take(pa.array(np.argsort(tickets["opened"], kind="stable")))


def _languages(countries: NDArray[np.int64], number: Numbers, seed: int) -> list[str]:
    foreign = uniforms(seed, _FOREIGN, number) < FOREIGN_SHARE
    pairs = zip(countries.tolist(), foreign.tolist(), strict=True)
    return ["en" if in_english else COUNTRIES[country].language for country, in_english in pairs]


def _messages(
    tickets: Records, languages: list[str], order_id: pa.Array, number: Numbers, seed: int
) -> list[str]:
    columns: dict[str, list[Any]] = {
        "group": (tickets["product"] // PRODUCTS_PER_GROUP).tolist(),
        "topic": tickets["topic"].tolist(),
        "tone": tickets["tone"].tolist(),
        "again": (tickets["again"] > 0).tolist(),
        "days": np.clip(tickets["waited"], 3, 9).tolist(),
        "order": order_id.to_pylist(),
        "luck": words(seed, _WORDS, number).tolist(),
    }
    rows = zip(*columns.values(), strict=True)
    return [compose(PHRASES[language], *row) for language, row in zip(languages, rows, strict=True)]


def tabulate_customers(persons: NDArray[Any], clock: Clock, seed: int) -> pa.Table:
    """Grain: one customer. Key: customer_no. `may_contact` null: unknown."""
    number = persons["customer"]
    names, owners = name_customers(persons["country"], number, seed)
    morning = (5 * 3600 + 5400 * uniforms(seed, _REGISTERED, number)).astype(np.int64)
    return pa.table(
        {
            "customer_no": customer_numbers(number),
            "full_name": pa.array(names, pa.string()),
            "registered_at": clock.moments(persons["signed_up"] * DAY + morning),
            "country_code": labels([country.code for country in COUNTRIES], persons["country"]),
            "preferred_language": labels([country.language for country in COUNTRIES], persons["country"]),
            "tz": labels([country.time_zone for country in COUNTRIES], persons["country"]),
            "account_manager": pa.array(owners, pa.string()),
            "may_contact": pa.array(consents(number, seed), pa.bool_()),
            "customer_type": labels([segment.name for segment in SEGMENTS], persons["segment"]),
        }
    )


def tabulate_contacts(contacts: Records, clock: Clock, *, control_groups: bool) -> pa.Table:
    """Grain: one customer of a campaign. Key: contact_id. `reaction` null: none so far.

    `arm`: CONTACTED, or CONTROL with nothing sent; null where control groups are not recorded.
    """
    contacts = contacts[np.argsort(contacts["sent"], kind="stable")]
    control = contacts["control"] > 0
    reacted = (contacts["reaction"] > 0) & (contacts["reacted"] < clock.seconds)
    campaign = pc.utf8_lpad(pa.array(contacts["campaign"]).cast(pa.string()), 3, "0")
    customer = customer_numbers(contacts["customer"])
    return pa.table(
        {
            "contact_id": pc.binary_join_element_wise("C", campaign, customer, "-"),
            "customer_no": customer,
            "sent_at": clock.moments(contacts["sent"]),
            "medium": labels(CONTACT_MEDIA, contacts["medium"], mask=control),
            "campaign": pc.binary_join_element_wise("campaign", campaign, "-"),
            "arm": labels(ARMS, contacts["control"], mask=np.full(len(contacts), not control_groups)),
            "cost_eur": money(np.where(control, 0.0, np.asarray(CONTACT_COSTS)[contacts["medium"]])),
            "reaction": labels(REACTIONS, contacts["reaction"], mask=~reacted),
            "reacted_at": clock.moments(contacts["reacted"], reacted),
        }
    )


def tabulate_activity(visits: Records, clock: Clock) -> pa.Table:
    """Grain: one customer, day and action on the web site. Key: customer_no, the day, action.

    A day is exported in the following night; `last_at` is the last time on that day.
    """
    exported = (visits["day"] + 1) * DAY + EXPORT
    visits, exported = visits[exported < clock.seconds], exported[exported < clock.seconds]
    order = np.argsort(visits["day"], kind="stable")
    visits, exported = visits[order], exported[order]
    return pa.table(
        {
            "customer_no": customer_numbers(visits["customer"]),
            "action": labels(ACTIONS, visits["action"]),
            "times": pa.array(visits["times"], pa.int32()),
            "last_at": clock.moments(visits["last"]),
            "exported_at": clock.moments(exported),
        }
    )


def tabulate_answers(answers: Records, clock: Clock) -> pa.Table:
    """Grain: one answer to the survey that goes out twice a year. `points`: 0 to 10."""
    answers = answers[answers["answered"] < clock.seconds]
    answers = answers[np.argsort(answers["answered"], kind="stable")]
    return pa.table(
        {
            "respondent": customer_numbers(answers["customer"]),
            "questionnaire": labels(["NPS"], np.zeros(len(answers), np.int64)),
            "submitted_at": clock.moments(answers["answered"]),
            "points": pa.array(answers["score"], pa.int8()),
        }
    )
