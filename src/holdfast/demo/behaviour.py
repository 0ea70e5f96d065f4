"""Simulate a customer day by day, and compute the true churn probability.

On each day a customer buys with probability 1 − exp(−intensity). The intensity depends on earlier days only.
The probability of no purchase in a window is exp(−sum of the intensities on the path without purchases).
Other random events on that path (open tickets, campaigns, purchases in the gap before the window) are
averaged over a few seeded futures.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.demo.chance import compiled, derived, uniform
from holdfast.demo.facts import CONTACTS, LINES, ORDERS, REFUNDS, TRUTHS, Book, is_full
from holdfast.demo.market import GROUP_SHARES, PRODUCTS_PER_GROUP, Market
from holdfast.demo.mind import (
    GAIN,
    SLOT,
    SLOTS,
    STATE,
    Mind,
    fading,
    imagined,
    intensity,
    let_a_day_pass,
    new_mind,
)
from holdfast.demo.support import BILLING, DAMAGED, DAY, PRICE, TOPIC_EDGES, file_issue, support_day
from holdfast.demo.traces import leave_traces, second_stream

FAVOURITE_SHARE = 0.65
ISSUE_CHANCE, PRICE_ISSUE_CHANCE = 0.21, 0.25
RETURN_SHARE, RETURN_DAYS, RETURNED = 0.025, 9, -1  # goods returned without a complaint
PRICE_WEIGHT = 5.0  # a price rise of 100% on the whole basket lowers the log intensity by this much
MOST_SHOCK = 2.5
CONTACT_SHARE, PHONE_SHARE = 0.25, 0.15
EMAIL_LIFT, PHONE_LIFT = 0.15, 0.45


@compiled
def pick_group(favourite: int, stream: NDArray[np.uint64]) -> int:
    """Draw a product group: mostly the favourite one, else by the shares of all customers."""
    if uniform(stream) < FAVOURITE_SHARE:
        return favourite
    luck = uniform(stream)
    for group in range(len(GROUP_SHARES)):
        luck -= GROUP_SHARES[group]
        if luck < 0:
            return group
    return 0


@compiled
def place_order(person: Any, mind: Mind, market: Market, day: int, book: Book) -> None:
    """Place an order: strengthen the habit, react to price rises, and perhaps cause a ticket or a return."""
    state, stream = mind.state[0], mind.stream
    order = state.orders
    state.orders += 1
    state.last_order = day
    state.habit += (1 - state.habit) * GAIN
    second = day * DAY + 7 * 3600 + int(uniform(stream) * 15 * 3600)
    lines = 1 + min(5, int(-np.log(1 - uniform(stream)) * person.lines))
    discount = 0.1 if uniform(stream) < 0.12 else 0.0
    total, noticed, dearest, most = 0.0, 0.0, 0, 0.0
    for number in range(lines):
        group = pick_group(person.favourite, stream)
        product = group * PRODUCTS_PER_GROUP + int(uniform(stream) ** 1.5 * PRODUCTS_PER_GROUP)
        units = 1 + int(uniform(stream) * person.units)
        factor = market.price[person.country, group, day + market.before]
        price = np.round(market.list_price[product] * factor, 2)
        value = price * units
        total += value
        if mind.remembered[group] > 0:
            noticed += value * max(0.0, factor / mind.remembered[group] - 1)
        mind.remembered[group] = factor
        if value > most:
            dearest, most = product, value
        if state.recorded:
            line = book.lines[book.used[LINES]]
            book.used[LINES] += 1
            line.customer, line.order, line.number, line.product = person.customer, order, number, product
            line.units, line.price, line.discount = units, price, np.round(value * discount, 2)
    if state.recorded:
        row = book.orders[book.used[ORDERS]]
        book.used[ORDERS] += 1
        row.customer, row.order, row.placed, row.value = person.customer, order, second, total
    rise = noticed / total
    state.shock = min(MOST_SHOCK, state.shock + PRICE_WEIGHT * rise)
    go_wrong(mind, day, order, dearest, most, rise)
    if uniform(stream) < RETURN_SHARE and state.recorded:
        send_back(person.customer, order, dearest, second, most * (1 - discount), book)


@compiled
def go_wrong(mind: Mind, day: int, order: int, product: int, value: float, rise: float) -> None:
    """Perhaps schedule a ticket about the order, and another one about the price."""
    if uniform(mind.stream) < ISSUE_CHANCE:
        luck, topic = uniform(mind.stream), 0
        while luck >= TOPIC_EDGES[topic]:
            topic += 1
        delay = 3 + int(uniform(mind.stream) * (4 if topic < BILLING else 7))
        delay = delay - 2 if topic == DAMAGED else delay
        file_issue(mind, topic, day, delay, order, product, value, day, 0)
    if rise > 0.02 and uniform(mind.stream) < PRICE_ISSUE_CHANCE:
        file_issue(mind, PRICE, day, int(uniform(mind.stream) * 5), order, product, value, day, 0)


@compiled
def send_back(customer: int, order: int, product: int, second: int, amount: float, book: Book) -> None:
    """Record a return with its refund, which does not affect the mood."""
    refund = book.refunds[book.used[REFUNDS]]
    book.used[REFUNDS] += 1
    refund.customer, refund.order, refund.product = customer, order, product
    refund.refunded, refund.amount, refund.topic = second + RETURN_DAYS * DAY, np.round(amount, 2), RETURNED


@compiled
def receive_campaign(person: Any, mind: Mind, market: Market, day: int, book: Book) -> None:
    """Perhaps contact the customer in a campaign, which raises the intensity for a while."""
    campaign = market.campaign[day + market.before]
    if campaign == 0 or person.may_contact == 0:
        return
    if uniform(mind.stream) >= CONTACT_SHARE:
        if market.control_groups > 0 and mind.state[0].recorded:
            control = book.contacts[book.used[CONTACTS]]
            book.used[CONTACTS] += 1
            control.customer, control.campaign, control.control = person.customer, campaign, 1
            control.medium, control.reaction, control.reacted = 0, 0, 0
            control.sent = day * DAY + 9 * 3600
        return
    phone = uniform(mind.stream) < PHONE_SHARE
    mind.state[0].lift += market.contact_effect * (PHONE_LIFT if phone else EMAIL_LIFT)
    luck, delay = uniform(mind.stream), int(uniform(mind.stream) * 36 * 3600)
    if mind.state[0].recorded:
        contact = book.contacts[book.used[CONTACTS]]
        book.used[CONTACTS] += 1
        contact.customer, contact.campaign, contact.medium = person.customer, campaign, int(phone)
        contact.control = 0
        contact.sent = day * DAY + 9 * 3600 + int(luck * 3600)
        contact.reaction = 2 if luck < 0.08 else (1 if luck < 0.35 else 0)
        contact.reacted = contact.sent + 60 + delay


@compiled
def pass_day(person: Any, mind: Mind, market: Market, day: int, book: Book) -> float:
    """Simulate one day except for its order; returns the intensity of buying, given the days before."""
    state = mind.state[0]
    rate = intensity(person.base, state, market.season[day + market.before])
    let_a_day_pass(person.base, state)
    receive_campaign(person, mind, market, day, book)
    if state.busy > 0:
        support_day(mind, person.customer, market, day, book)
    return rate


@compiled
def live_day(person: Any, mind: Mind, market: Market, day: int, book: Book) -> float:
    """Simulate one day, perhaps with an order; returns the intensity of buying, given the days before."""
    rate = pass_day(person, mind, market, day, book)
    if day == person.signed_up or uniform(mind.stream) < 1 - np.exp(-rate):
        place_order(person, mind, market, day, book)
    return rate


@compiled
def silence(person: Any, mind: Mind, market: Market, day: int, book: Book) -> float:
    """The probability of no purchase in the outcome window of `day`, given the state at its midnight."""
    total = 0.0
    for draw in range(market.draws):
        future = imagined(mind, derived(mind.stream[0], draw))
        for ahead in range(day, day + market.gap):
            live_day(person, future, market, ahead, book)
        exposure, state = 0.0, future.state[0]
        for ahead in range(day + market.gap, day + market.gap + market.horizon):
            if state.busy == 0 and market.campaign[ahead + market.before] == 0:  # a shortcut for pass_day
                exposure += intensity(person.base, state, market.season[ahead + market.before])
                let_a_day_pass(person.base, state)
            else:
                exposure += pass_day(person, future, market, ahead, book)
        total += np.exp(-exposure)
    return total / market.draws


@compiled
def live(persons: NDArray[Any], first: int, market: Market, book: Book) -> int:
    """Simulate customers from number `first` on, each from signing up until the end of the tables.

    Days before day 0 affect the state but are not recorded.

    Returns:
        The number of customers simulated, those before `first` included; fewer than all: the book is full.
    """
    last = market.days
    for number in range(first, len(persons)):
        if is_full(book, market.days + len(market.truth_days)):
            return number
        person = persons[number]
        mind = new_mind(np.zeros(1, STATE), np.zeros(SLOTS, SLOT), person.stream)
        traces = second_stream(person.stream)
        asked = 0
        for day in range(person.signed_up, last + 1):
            while asked < len(market.truth_days) and market.truth_days[asked] < day:
                asked += 1
            if asked < len(market.truth_days) and market.truth_days[asked] == day:
                since = mind.state[0].last_order
                if since >= max(day - market.active, 0):
                    truth = book.truths[book.used[TRUTHS]]
                    book.used[TRUTHS] += 1
                    truth.customer, truth.day = person.customer, day
                    truth.probability = silence(person, mind, market, day, book)
                    state = mind.state[0]
                    truth.habit, truth.mood, truth.shock = fading(state), state.mood, state.shock
            if day < last:
                mind.state[0].recorded = day >= 0
                rate = live_day(person, mind, market, day, book)
                if day >= 0:
                    leave_traces(person, mind.state[0], rate, day, traces, book)
    return len(persons)
