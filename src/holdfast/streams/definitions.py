"""Contract tables → streams: each row becomes the facts it tells, each known when it was.

A later fact of a row (a ticket's resolution, a subscription's end) is known at the later of its own time
and the row's `known_at`: it is a fact of its own, and nobody sees it before.
"""

import dataclasses
from collections.abc import Mapping

import ibis
from ibis import Table, Value

from holdfast.streams.stream import Stream

PRIORITIES = {
    "low": 1, "minor": 1, "p4": 1, "medium": 2, "normal": 2, "p3": 2, "high": 3, "major": 3, "p2": 3,
    "urgent": 4, "critical": 4, "blocker": 4, "p1": 4,
}  # fmt: skip


def define(tables: Mapping[str, Table], attributes: tuple[str, ...] = ()) -> dict[str, Stream]:
    """The streams that the validated tables allow, by name.

    Args:
        tables: validated tables, by name.
        attributes: the columns of `customers` that never change, or are dated by `valid_from`.
    """
    makers = {
        "transactions": transactions,
        "tickets": tickets,
        "customers": lambda table: customers(table, attributes),
        "subscriptions": subscriptions,
        "contacts": contacts,
    }
    return {name: make(tables[name]) for name, make in makers.items() if name in tables}


def transactions(table: Table) -> Stream:
    """Purchases (amount above 0), refunds (below) and free lines (0), one fact a row.

    `list_price` is the price of a piece before discount; `price_index` the same against the product's
    first known price, so that prices of different products compare.
    """
    table = with_prices(table)
    kind = ibis.cases((table.amount > 0, 0), (table.amount < 0, 1), else_=2)
    values = present(table, "amount", "quantity", "discount", "list_price", "price_index")
    return assemble(
        "transactions",
        ("purchase", "refund", "free"),
        table,
        [Told(kind, table.occurred_at, table.known_at, values)],
        keys={
            "order": "transaction_id",
            "product": "product_id",
            "category": "category",
            "channel": "channel",
        },
        levels=("channel",),
    )


def with_prices(table: Table) -> Table:
    """Adds list_price and price_index, where quantities and products are known.

    The first price is that of the rows that were known first, not of those that happened first: a late
    row cannot change what was already known.
    """
    if not {"quantity", "product_id"} <= set(table.columns):
        return table
    discount = table.discount.fill_null(0.0) if "discount" in table.columns else 0.0
    price = ibis.cases(
        ((table.quantity > 0) & (table.amount > 0), (table.amount + discount) / table.quantity)
    )
    priced = table.select(*table.columns, list_price=price)
    sold = priced.filter(priced.list_price.notnull())
    since = sold.group_by("product_id").aggregate(since=sold.known_at.min())
    first = sold.join(since, (sold.product_id == since.product_id) & (sold.known_at == since.since))
    first = first.group_by("product_id").aggregate(first_price=first.list_price.min())
    joined = priced.left_join(first, "product_id")
    return joined.select(*priced.columns, price_index=joined.list_price / joined.first_price.nullif(0.0))


def tickets(table: Table) -> Stream:
    """A ticket is up to five facts: opened, answered, resolved, reopened, rated.

    `hours` is the time since opening of an answer or a resolution; `until` is when an opening or
    reopening stopped being open, as far as the row knows; `priority_rank` is 1 (low) to 4 (urgent).
    """
    opened, known = table.opened_at, table.known_at
    resolved = present(table, "resolved_at").get("resolved_at", ibis.null("timestamp"))
    rank = priority_rank(table)
    facts = [Told(0, opened, known, {"until": later(resolved, known), **rank})]
    if "first_response_at" in table.columns:
        answered = table.first_response_at
        facts.append(Told(1, answered, later(answered, known), {"hours": hours(opened, answered), **rank}))
    if "resolved_at" in table.columns:
        facts.append(Told(2, resolved, later(resolved, known), {"hours": hours(opened, resolved), **rank}))
    if "reopened_at" in table.columns:
        again = table.reopened_at
        # only a reopening after the resolution that the row knows opens the ticket a second time
        until = ibis.cases((again >= resolved, ibis.null("timestamp")), else_=again)
        facts.append(Told(3, again, later(again, known), {"until": until, **rank}))
    if "csat" in table.columns:
        rated = ibis.cases((table.csat.notnull(), table.csat_at), else_=ibis.null("timestamp"))
        facts.append(Told(4, rated, later(rated, known), {"csat": table.csat}))
    return assemble(
        "tickets",
        ("opened", "answered", "resolved", "reopened", "rated"),
        table,
        facts,
        keys={"ticket": "ticket_id", "category": "category"},
        levels=("category", "priority", "channel"),
    )


def priority_rank(table: Table) -> dict[str, Value]:
    """The rank of the priority's usual words, null for others; nothing without the column."""
    if "priority" not in table.columns:
        return {}
    word = table.priority.strip().lower()
    return {"priority_rank": ibis.cases(*((word == name, rank) for name, rank in PRIORITIES.items()))}


def customers(table: Table, attributes: tuple[str, ...]) -> Stream:
    """What the customer is: attributes as they stood from `valid_from` on, and the day of signing up.

    A dated row tells the day of signing up too only from its own day on.
    """
    since = present(table, "valid_from").get("valid_from", ibis.null("timestamp"))
    texts = tuple(name for name in attributes if table[name].type().is_string())
    numbers = present(table, *(name for name in attributes if name not in texts))
    facts = [Told(0, since, since, numbers)]
    if "signed_up_at" in table.columns:
        facts.append(Told(1, table.signed_up_at, later(table.signed_up_at, since), {}, levels=False))
    return assemble("customers", ("described", "signed_up"), table, facts, keys={}, levels=texts)


def subscriptions(table: Table) -> Stream:
    """A plan version is up to three facts: started, notice given, ended (each with its version's start).

    Notice that was given before the version began (of a contract to come) holds from its beginning on.
    """
    values = present(table, "monthly_value", "renews_at")
    version = {"version": table.started_at}
    facts = [Told(0, table.started_at, table.known_at, {**values, **version})]
    for place, name in enumerate(("cancelled_at", "ended_at"), start=1):
        if name in table.columns:
            since = later(table[name], table.started_at)
            facts.append(Told(place, since, later(since, table.known_at), version))
    return assemble(
        "subscriptions",
        ("started", "noticed", "ended"),
        table,
        facts,
        keys={"subscription": "subscription_id", "plan": "plan"},
        levels=("plan",),
    )


def contacts(table: Table) -> Stream:
    """Contacts that the company made, and the customers' responses."""
    facts = [Told(0, table.contacted_at, table.known_at, present(table, "cost"))]
    if "response_at" in table.columns:
        facts.append(Told(1, table.response_at, later(table.response_at, table.known_at), {}))
    return assemble(
        "contacts",
        ("contacted", "responded"),
        table,
        facts,
        keys={"campaign": "campaign"},
        levels=("channel",),
    )


# --- how facts become a stream ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Told:
    """The facts of one kind that the rows of a table tell; a row without the time tells none of it.

    A fact carries only the values given here, so that what a row learns later (a rating, the time to a
    resolution) cannot be read off its earlier facts; nor its texts (`levels`) where they may be newer.
    """

    kind: Value | int
    occurred_at: Value
    known_at: Value
    values: Mapping[str, Value]
    levels: bool = True


def assemble(
    name: str,
    kinds: tuple[str, ...],
    table: Table,
    told: list[Told],
    *,
    keys: Mapping[str, str],
    levels: tuple[str, ...],
) -> Stream:
    """One stream of several kinds of facts, with the columns that the source has."""
    numbers = tuple(dict.fromkeys(column for facts in told for column in facts.values))
    keys = {key: column for key, column in keys.items() if column in table.columns}
    levels = tuple(column for column in levels if column in table.columns)
    parts = [select(table, facts, numbers, keys, levels) for facts in told]
    whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return Stream(name, kinds, told_kinds(kinds, told), numbers, tuple(keys), levels, whole)


def told_kinds(kinds: tuple[str, ...], told: list[Told]) -> tuple[str, ...]:
    """The kinds that the source's columns can tell; all of them where an expression decides."""
    if any(not isinstance(facts.kind, int) for facts in told):
        return kinds
    return tuple(kinds[facts.kind] for facts in told if isinstance(facts.kind, int))


def select(
    table: Table, facts: Told, numbers: tuple[str, ...], keys: Mapping[str, str], levels: tuple[str, ...]
) -> Table:
    """The rows of one kind of facts."""
    kind = ibis.literal(facts.kind) if isinstance(facts.kind, int) else facts.kind
    part = table.select(
        customer_id=table.customer_id,
        occurred_at=facts.occurred_at.cast("timestamp(6)"),
        known_at=facts.known_at.cast("timestamp(6)"),
        kind=kind.cast("int8"),
        **{column: as_number(facts.values.get(column)) for column in numbers},
        **{
            f"{key}_key": ibis.cases((table[column].notnull(), table[column].hash()))
            for key, column in keys.items()
        },
        **{column: table[column] if facts.levels else ibis.null("string") for column in levels},
    )
    always = isinstance(facts.kind, int) and facts.kind == 0
    return part if always else part.filter(part.occurred_at.notnull())


def as_number(value: Value | None) -> Value:
    """A number as float64, a time as microseconds, null where this kind of fact has none."""
    if value is None:
        return ibis.null("float64")
    if value.type().is_timestamp():
        return value.epoch_seconds().cast("float64") * 1e6
    return value.cast("float64")


def present(table: Table, *columns: str) -> dict[str, Value]:
    """Those of the columns that the source has."""
    return {column: table[column] for column in columns if column in table.columns}


def later(time: Value, known: Value) -> Value:
    """The later of two times; null where the first is."""
    return ibis.cases((time.isnull(), ibis.null("timestamp")), else_=ibis.greatest(time, known))


def hours(since: Value, until: Value) -> Value:
    """Hours between two times, as float64."""
    return (until.epoch_seconds() - since.epoch_seconds()).cast("float64") / 3600
