"""The streams of the contract tables: each row becomes one or more facts, each with its `known_at`.

A later fact of a row (a ticket's resolution, a subscription's end) is a separate fact, known at the later of
its time and the row's `known_at`.
"""

from collections.abc import Mapping

import ibis
from ibis import Table, Value

from holdfast.contracts.arms import contacts_made
from holdfast.streams.assembly import FactKind, StreamTable, assemble, hours, later, mapped

PRIORITIES = {
    "low": 1, "minor": 1, "p4": 1, "medium": 2, "normal": 2, "p3": 2, "high": 3, "major": 3, "p2": 3,
    "urgent": 4, "critical": 4, "blocker": 4, "p1": 4,
}  # fmt: skip
PRESSING = 3  # the lowest rank of a pressing ticket
PRICED = {"quantity", "product_id"}  # the columns needed for prices, beside the amount
SURVEYS = {"nps": "nps", "csat": "csat_survey", "ces": "ces"}  # kind of survey → kind of fact

PAYMENTS = {
    "succeeded": "paid", "failed": "payment_failed", "refunded": "payment_refunded", "disputed": "disputed",
}  # fmt: skip  # status → kind of fact


def define(tables: Mapping[str, Table], attributes: tuple[str, ...] = ()) -> dict[str, StreamTable]:
    """The streams of the validated tables, by name.

    Args:
        tables: validated tables, by name.
        attributes: the columns of `customers` that never change or have a `valid_from`.
    """
    makers = {
        "transactions": transactions,
        "tickets": tickets,
        "customers": lambda table: customers(table, attributes),
        "subscriptions": subscriptions,
        "contacts": contacts,
        "surveys": surveys,
        "usage": usage,
        "payments": payments,
        "churned": churned,
    }
    return {name: make(tables[name]) for name, make in makers.items() if name in tables}


def transactions(table: Table) -> StreamTable:
    """Purchases (amount above 0), refunds (below 0) and free lines (0), one fact per row.

    `list_price` is the unit price before discount. `price_index` is its ratio to the product's first known
    price, so that prices of different products are comparable.
    """
    table = with_prices(table)
    kind = ibis.cases((table.amount > 0, 0), (table.amount < 0, 1), else_=2)
    values = mapped(table, "amount", "quantity", "discount", "list_price", "price_index")
    return assemble(
        "transactions",
        ("purchase", "refund", "free"),
        table,
        [FactKind(kind, table.occurred_at, table.known_at, values)],
        keys={
            "order": "transaction_id",
            "product": "product_id",
            "category": "category",
            "channel": "channel",
        },
        levels=("channel", "category"),
    )


def with_prices(table: Table) -> Table:
    """Add list_price and price_index if quantities and products are mapped.

    The first price is from the rows known first, not from those that happened first, so that a late row
    cannot change it. An existing `first_price` is used as it is, because the table may hold only the newest
    rows of a log.
    """
    if not set(table.columns) >= PRICED:
        return table
    if "first_price" not in table.columns:
        table = with_first_prices(table, first_prices(table))
    priced = table.select(*table.columns, list_price=list_price(table))
    return priced.select(*priced.columns, price_index=priced.list_price / priced.first_price.nullif(0.0))


def first_prices(table: Table) -> Table:
    """One row per product, key product_id: `since` (first known sale) and `first_price` (the lowest then)."""
    sold = table.select("product_id", "known_at", price=list_price(table))
    sold = sold.filter(sold.price.notnull(), sold.product_id.notnull())
    since = sold.group_by("product_id").aggregate(since=sold.known_at.min())
    first = sold.join(since, (sold.product_id == since.product_id) & (sold.known_at == since.since))
    return first.group_by("product_id").aggregate(since=first.since.min(), first_price=first.price.min())


def with_first_prices(table: Table, prices: Table) -> Table:
    """Add `first_price`, null for products never sold."""
    joined = table.left_join(prices, "product_id")
    return joined.select(*table.columns, first_price=joined.first_price)


def list_price(table: Table) -> Value:
    """The unit price before discount; null if nothing was sold."""
    discount = table.discount.fill_null(0.0) if "discount" in table.columns else 0.0
    return ibis.cases(((table.quantity > 0) & (table.amount > 0), (table.amount + discount) / table.quantity))


def tickets(table: Table) -> StreamTable:
    """A ticket becomes up to five facts: opened, answered, resolved, reopened, rated.

    `hours`: from opening to the answer or resolution. `until`: end of an opening or reopening, if known.
    `unrated_until`: when a resolved ticket was rated. `priority_rank`: 1 (low) to 4 (urgent). `pressing`: 1
    from high (3) on, else 0.
    """
    opened, known = table.opened_at, table.known_at
    resolved = mapped(table, "resolved_at").get("resolved_at", ibis.null("timestamp"))
    rank = priority_rank(table)
    facts = [FactKind(0, opened, known, rank, ends={"until": later(resolved, known)})]
    if "first_response_at" in table.columns:
        answered = table.first_response_at
        values = {"hours": took(table, "hours_to_first_response", answered), **rank}
        facts.append(FactKind(1, answered, later(answered, known), values))
    if "resolved_at" in table.columns:
        values = {"hours": took(table, "hours_to_resolution", resolved), **rank}
        facts.append(FactKind(2, resolved, later(resolved, known), values, ends=unrated(table)))
    if "reopened_at" in table.columns:
        again = table.reopened_at
        # only a reopening after the resolution that the row knows opens the ticket a second time
        until = ibis.cases((again >= resolved, ibis.null("timestamp")), else_=again)
        facts.append(FactKind(3, again, later(again, known), rank, ends={"until": until}))
    if "csat" in table.columns:
        facts.append(FactKind(4, rated_at(table), later(rated_at(table), known), {"csat": table.csat}))
    kinds = ("opened", "answered", "resolved", "reopened", "rated")
    keys, levels = {"ticket": "ticket_id", "category": "category"}, ("category", "priority", "channel")
    return assemble("tickets", kinds, table, facts, keys=keys, levels=levels)


def took(table: Table, name: str, until: Value) -> Value:
    """Hours from a ticket's opening: as validated, by instants; else by the wall clock."""
    return table[name] if name in table.columns else hours(table.opened_at, until)


def rated_at(table: Table) -> Value:
    """When a ticket was rated; null where no rating came."""
    return ibis.cases((table.csat.notnull(), table.csat_at), else_=ibis.null("timestamp"))


def unrated(table: Table) -> dict[str, Value]:
    """When the rating of a ticket was known; nothing where the source has no ratings."""
    if "csat" not in table.columns:
        return {}
    return {"unrated_until": later(rated_at(table), table.known_at)}


def priority_rank(table: Table) -> dict[str, Value]:
    """The rank of the priority's usual words, null for others; nothing without the column."""
    if "priority" not in table.columns:
        return {}
    word = table.priority.strip().lower()
    rank = ibis.cases(*((word == name, rank) for name, rank in PRIORITIES.items()))
    return {"priority_rank": rank, "pressing": (rank >= PRESSING).cast("float64")}


def customers(table: Table, attributes: tuple[str, ...]) -> StreamTable:
    """A customer's attributes and day of signing up, known from `valid_from` on."""
    since = mapped(table, "valid_from").get("valid_from", ibis.null("timestamp"))
    texts = tuple(name for name in attributes if table[name].type().is_string())
    numbers = mapped(table, *(name for name in attributes if name not in texts))
    facts = [FactKind(0, since, since, numbers)]
    if "signed_up_at" in table.columns:
        facts.append(FactKind(1, table.signed_up_at, later(table.signed_up_at, since), levels=False))
    return assemble("customers", ("described", "signed_up"), table, facts, levels=texts)


def subscriptions(table: Table) -> StreamTable:
    """A plan version is up to three facts: started, notice given, ended (each with its version's start).

    Notice that was given before the version began (of a contract to come) holds from its beginning on.
    """
    values = mapped(table, "monthly_value", "renews_at")
    version = {"version": table.started_at}
    facts = [FactKind(0, table.started_at, table.known_at, {**values, **version})]
    for position, name in enumerate(("cancelled_at", "ended_at"), start=1):
        if name in table.columns:
            since = later(table[name], table.started_at)
            facts.append(FactKind(position, since, later(since, table.known_at), version))
    keys = {"subscription": "subscription_id", "plan": "plan"}
    return assemble(
        "subscriptions", ("started", "noticed", "ended"), table, facts, keys=keys, levels=("plan",)
    )


def contacts(table: Table) -> StreamTable:
    """Contacts that the company made, and the customers' responses; control groups were not contacted."""
    table = contacts_made(table)
    facts = [FactKind(0, table.contacted_at, table.known_at, mapped(table, "cost"))]
    if "response_at" in table.columns:
        facts.append(FactKind(1, table.response_at, later(table.response_at, table.known_at)))
    keys, levels = {"campaign": "campaign", "channel": "channel"}, ("channel", "campaign", "action")
    return assemble("contacts", ("contacted", "responded"), table, facts, keys=keys, levels=levels)


def payments(table: Table) -> StreamTable:
    """Attempts to charge: paid or failed; and payments taken back: refunded or disputed.

    `failed`: 1 for a failed attempt, 0 for a paid one. The key `subscription` is what is paid for; attempts
    that name none belong together.
    """
    kind = ibis.cases(*((table.status == name, position) for position, name in enumerate(PAYMENTS)))
    failed = ibis.cases((table.status == "failed", 1.0), (table.status == "succeeded", 0.0))
    values = {**mapped(table, "amount", "next_attempt_at"), "failed": failed}
    paid_for = mapped(table, "subscription_id").get("subscription_id", ibis.null("string"))
    table = table.mutate(paid_for=paid_for.fill_null(""))
    facts = FactKind(kind, table.attempted_at, table.known_at, values)
    keys = {"subscription": "paid_for", "payment": "payment_id"}
    return assemble("payments", tuple(PAYMENTS.values()), table, [facts], keys=keys, levels=("failure_code",))


def churned(table: Table) -> StreamTable:
    """Leavings as the company recorded them; only labels and eligibility are read from them."""
    return assemble("churned", ("left",), table, [FactKind(0, table.churned_at, table.known_at)])


def surveys(table: Table) -> StreamTable:
    """Answers to surveys, a kind of fact for each kind of survey, because their scales differ."""
    kind = ibis.cases(*((table.kind == name, position) for position, name in enumerate(SURVEYS)))
    facts = FactKind(kind, table.answered_at, table.known_at, {"score": table.score})
    return assemble("surveys", tuple(SURVEYS.values()), table, [facts])


def usage(table: Table) -> StreamTable:
    """Uses (visits, logins, features); `quantity` is how often, once where the row does not say."""
    times = table.quantity.fill_null(1.0) if "quantity" in table.columns else ibis.literal(1.0)
    facts = FactKind(0, table.occurred_at, table.known_at, {"quantity": times})
    return assemble("usage", ("usage",), table, [facts], keys={"event": "event"}, levels=("event",))
