"""Tickets: their creation, the work of support on them, and their effect on the customer's mood."""

import numpy as np

from holdfast.demo.chance import compiled, uniform
from holdfast.demo.facts import REFUNDS, TICKETS, Book
from holdfast.demo.market import Market
from holdfast.demo.mind import FREE, NOT_IN_BOOK, OPEN, PENDING, Mind

TOPICS = ("late_delivery", "damaged", "wrong_item", "billing", "price", "question")
LATE, DAMAGED, WRONG, BILLING, PRICE, QUESTION = range(6)
TOPIC_EDGES = (
    0.34,
    0.52,
    0.66,
    0.82,
    0.82,
    1.0,
)  # of the tickets that follow an order; price has its own cause
CALM, ANNOYED, LEAVING = range(3)
MEDIA = ("email", "phone", "chat")

DAY = 86_400
OPENS, CLOSES = 8 * 3600, 21 * 3600  # support's hours, seconds of the day
ANSWER_CHANCE = (0.55, 0.90, 0.80)  # a day, by medium, when support keeps up
RESOLVE_CHANCE = 0.55  # a day, once answered
REOPEN_CHANCE, RETURN_CHANCE = 0.10, 0.20
REFUND_CHANCE, RATING_CHANCE = 0.5, 0.45

TONE_HARM = (0.0, 0.10, 0.85)
AGAIN_HARM = 0.4
PATIENCE_DAYS = 3
WAITING_HARM, SILENCE_HARM = 0.14, 0.18  # a day beyond patience: answered, and not even answered
MOST_WAITING_HARM = 1.8
REOPENED_HARM = 0.35
WORST_MOOD = -3.0


@compiled
def file_issue(
    mind: Mind, topic: int, day: int, delay: int, order: int, product: int, value: float, ordered: int,
    again: int,
) -> None:  # fmt: skip
    """Schedule a ticket for `delay` days later in a free slot; without a free slot it is dropped."""
    for slot in mind.slots:
        if slot.stage == FREE:
            slot.stage = PENDING
            mind.state[0].busy += 1
            slot.topic = topic
            slot.day = day + delay
            slot.order = order
            slot.product = product
            slot.value = value
            slot.ordered = ordered
            slot.again = again
            return


@compiled
def hurt(mind: Mind, harm: float) -> None:
    """Worsen the mood."""
    mind.state[0].mood = max(WORST_MOOD, mind.state[0].mood - harm)


@compiled
def tone_of(mind: Mind, topic: int) -> int:
    """Draw the tone of a ticket: the worse the mood, the sharper."""
    if topic == QUESTION:
        return CALM
    bitter = 1 - np.exp(mind.state[0].mood - mind.state[0].shock)
    luck = uniform(mind.stream)
    if luck < 0.06 + 0.25 * bitter:
        return LEAVING
    return ANNOYED if luck < 0.32 + 0.45 * bitter else CALM


@compiled
def open_ticket(mind: Mind, place: int, customer: int, day: int, book: Book) -> None:
    """Open a ticket. A complaint worsens the mood, more so with a sharp tone or after other complaints."""
    slot, state = mind.slots[place], mind.state[0]
    slot.stage, slot.day, slot.answered, slot.reopened, slot.harm = OPEN, day, 0, 0, 0.0
    slot.tone = tone_of(mind, slot.topic)
    slot.clock = day * DAY + OPENS + int(uniform(mind.stream) * (CLOSES - OPENS))
    luck = uniform(mind.stream)
    slot.medium = 0 if luck < 0.55 else (1 if luck < 0.75 else 2)
    if slot.topic != QUESTION:
        hurt(mind, TONE_HARM[slot.tone] + AGAIN_HARM * min(state.complaints, 3.0))
        state.complaints += 1
    urgency = 1 + int(uniform(mind.stream) < 0.25) - int(uniform(mind.stream) < 0.25)
    number = state.tickets
    state.tickets += 1
    slot.row = NOT_IN_BOOK
    if state.recorded:
        slot.row = book.used[TICKETS]
        book.used[TICKETS] += 1
        ticket = book.tickets[slot.row]
        ticket.customer, ticket.ticket, ticket.order, ticket.product = (
            customer, number, slot.order, slot.product,
        )  # fmt: skip
        ticket.waited, ticket.opened, ticket.topic = day - slot.ordered, slot.clock, slot.topic
        ticket.urgency, ticket.medium, ticket.tone, ticket.again = urgency, slot.medium, slot.tone, slot.again
        ticket.answered = ticket.resolved = ticket.reopened = ticket.rated = -1


@compiled
def moment(mind: Mind, place: int, day: int) -> int:
    """A random second of the day after the ticket's last event; advances the ticket's clock."""
    slot = mind.slots[place]
    since = max(slot.clock + 60, day * DAY + OPENS)
    until = day * DAY + CLOSES
    slot.clock = since + int(uniform(mind.stream) * max(until - since, 1))
    return int(slot.clock)


@compiled
def work_on(mind: Mind, place: int, customer: int, day: int, load: float, book: Book) -> None:
    """Simulate one day of an open ticket: the work of support and the customer's waiting."""
    slot = mind.slots[place]
    age = day - slot.day
    pace = (0.6 if age == 0 else 1.0) / load
    if slot.answered == 0 and uniform(mind.stream) < ANSWER_CHANCE[slot.medium] * pace:
        slot.answered = 1
        when = moment(mind, place, day)
        if slot.row != NOT_IN_BOOK:
            book.tickets[slot.row].answered = when
    if slot.answered == 1 and uniform(mind.stream) < RESOLVE_CHANCE * pace:
        when = moment(mind, place, day)
        if slot.reopened == 0 and uniform(mind.stream) < REOPEN_CHANCE:
            slot.reopened = 1
            hurt(mind, REOPENED_HARM)
            if slot.row != NOT_IN_BOOK:
                book.tickets[slot.row].reopened = when
        else:
            resolve(mind, place, customer, day, when, book)
    if (
        slot.stage == OPEN
        and age >= PATIENCE_DAYS
        and slot.topic != QUESTION
        and slot.harm < MOST_WAITING_HARM
    ):
        harm = WAITING_HARM if slot.answered == 1 else SILENCE_HARM
        slot.harm += harm
        hurt(mind, harm)


@compiled
def resolve(mind: Mind, place: int, customer: int, day: int, when: int, book: Book) -> None:
    """Close a ticket, perhaps with a refund and a rating, and perhaps schedule the same complaint again."""
    slot = mind.slots[place]
    slot.stage = FREE
    mind.state[0].busy -= 1
    refunded = slot.topic in (LATE, DAMAGED, WRONG) and uniform(mind.stream) < REFUND_CHANCE
    rated = uniform(mind.stream) < RATING_CHANCE
    score = (
        5.3 - 0.25 * (day - slot.day) - 0.8 * slot.tone - slot.reopened + 1.6 * (uniform(mind.stream) - 0.5)
    )
    delay = 2 + int(12 * uniform(mind.stream))
    rating_delay = int(uniform(mind.stream) ** 2 * 2 * DAY)
    if slot.row != NOT_IN_BOOK:
        ticket = book.tickets[slot.row]
        ticket.resolved = when
        if rated:
            ticket.rated = when + 600 + rating_delay
            ticket.score = min(5, max(1, int(np.floor(score))))
        if refunded:
            refund = book.refunds[book.used[REFUNDS]]
            book.used[REFUNDS] += 1
            refund.customer, refund.order, refund.product = customer, slot.order, slot.product
            refund.refunded, refund.amount, refund.topic = when + 120, slot.value, slot.topic
    if slot.topic not in (QUESTION, PRICE) and uniform(mind.stream) < RETURN_CHANCE:
        file_issue(mind, slot.topic, day, delay, slot.order, slot.product, slot.value, slot.ordered, 1)


@compiled
def support_day(mind: Mind, customer: int, market: Market, day: int, book: Book) -> None:
    """Open the tickets that are due, and work on the open ones."""
    load = market.load[day + market.before]
    for place in range(len(mind.slots)):
        slot = mind.slots[place]
        if slot.stage == PENDING and slot.day <= day:
            open_ticket(mind, place, customer, day, book)
        if slot.stage == OPEN:
            work_on(mind, place, customer, day, load, book)
