"""The contracts of the tables that Holdfast works on: columns, types and keys.

Types as stored in `data/validated/`: text → string (blank is null), time → timestamp[us], naive wall-clock
of the source's zone, number → float64, flag → bool.
"""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "time", "number", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Attributes:
        may_be_future: a time that may lie ahead (an agreed end, the next renewal).
    """

    name: str
    type: ColumnType
    doc: str
    required: bool = False
    may_be_future: bool = False

    @property
    def is_id(self) -> bool:
        """Whether it names somebody or something: a damaged one would be another customer or order."""
        return self.name.endswith("_id") and self.name != "product_id"


@dataclass(frozen=True)
class Contract:
    """One table.

    Attributes:
        grain: what one row is.
        event: the column with the time of the event, the default of `known_at`; None: rows have no such time
            and were always known.
        key: columns that identify a row, if all are mapped; of duplicates, the first known row is kept.
        known_ahead: the event may come after its `known_at` (a subscription sold before it starts).
        follows: time columns that cannot be before the event.
        needs: pairs of a column and another column that must be mapped and given with it.
        permissions: flags that are false if any row of the key is false, including duplicates.
        durations: further columns of the validated table, hours between two times: name, since, until.
    """

    name: str
    grain: str
    event: str | None
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    known_ahead: bool = False
    follows: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    permissions: tuple[str, ...] = ()
    durations: tuple[tuple[str, str, str], ...] = ()

    @property
    def ordered_times(self) -> frozenset[str]:
        """The time columns that are compared with each other within a row."""
        between = {name for _, *times in self.durations for name in times}
        return frozenset({*filter(None, (self.event,)), "known_at", *self.follows, *between})

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be mapped, and given in every row."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column | None:
        """The column of that name; None where the contract has none."""
        return next((column for column in self.columns if column.name == name), None)


def _text(name: str, doc: str, required: bool = False) -> Column:
    return Column(name, "text", doc, required)


def _time(name: str, doc: str, required: bool = False, may_be_future: bool = False) -> Column:
    return Column(name, "time", doc, required, may_be_future)


def _number(name: str, doc: str, required: bool = False) -> Column:
    return Column(name, "number", doc, required)


CUSTOMER = _text("customer_id", "who", required=True)
KNOWN = _time("known_at", "when the row could have been known; null: when it happened")

TRANSACTIONS = Contract(
    "transactions",
    grain="an order or invoice, or one of its lines",
    event="occurred_at",
    columns=(
        CUSTOMER,
        _text("transaction_id", "the order or invoice", required=True),
        _time("occurred_at", "when it was bought or given back", required=True),
        _number("amount", "money, in the source's currency; negative: a refund", required=True),
        _text("line_id", "unique where mapped"),
        KNOWN,
        _number("quantity", "pieces"),
        _text("product_id", "what was bought"),
        _text("category", "the product's group"),
        _text("channel", "shop, web, …"),
        _number("discount", "money taken off, zero or more"),
        _text("currency", "ISO 4217; null: the source's"),
    ),
    key=("line_id",),
)

TICKETS = Contract(
    "tickets",
    grain="one support ticket",
    event="opened_at",
    columns=(
        CUSTOMER,
        _text("ticket_id", "unique", required=True),
        _time("opened_at", "when the customer wrote or called", required=True),
        KNOWN,
        _time("first_response_at", "when first answered; null: not yet"),
        _time("resolved_at", "when resolved; null: open"),
        _time("reopened_at", "when opened again; null: never"),
        _text("category", "as it stood at opening"),
        _text("priority", "as it stood at opening"),
        _text("channel", "as it stood at opening"),
        _number("csat", "the customer's rating; null: none given"),
        _time("csat_at", "when rated"),
        _text("text", "what the customer wrote"),
        _text("language", "of the text, ISO 639-1"),
    ),
    key=("ticket_id",),
    follows=("first_response_at", "resolved_at", "reopened_at", "csat_at"),
    needs=(("csat", "csat_at"),),
    durations=(
        ("hours_to_first_response", "opened_at", "first_response_at"),
        ("hours_to_resolution", "opened_at", "resolved_at"),
    ),
)

CUSTOMERS = Contract(
    "customers",
    grain="one customer, or one customer as of `valid_from`",
    event=None,
    columns=(
        CUSTOMER,
        _time("signed_up_at", "when they became a customer"),
        _text("name", "as the team knows them"),
        _text("country", "where they are"),
        _text("language", "theirs, ISO 639-1"),
        _text("time_zone", "theirs, IANA"),
        _text("owner", "the account manager"),
        Column("consent", "flag", "may be contacted; null: unknown"),
        _text("referred_by", "the customer_id of the customer who recommended the company; null: nobody"),
        _number("value", "money they are worth if kept through the outcome window; null: worked out"),
        _time("valid_from", "when the row became known; null: always known"),
    ),
    key=("customer_id", "valid_from"),
    permissions=("consent",),
)

SUBSCRIPTIONS = Contract(
    "subscriptions",
    grain="one version of a plan",
    event="started_at",
    columns=(
        CUSTOMER,
        _text("subscription_id", "the contract", required=True),
        _time("started_at", "when this version began, or will", required=True, may_be_future=True),
        _time("cancelled_at", "when notice was given; null: none"),
        _time("ended_at", "when it ended, or will; null: no end agreed", may_be_future=True),
        _time("renews_at", "the next renewal", may_be_future=True),
        _text("plan", "name of the plan"),
        _number("monthly_value", "money a month"),
        KNOWN,
    ),
    key=("subscription_id", "started_at"),
    known_ahead=True,
    follows=("ended_at",),
)

SURVEYS = Contract(
    "surveys",
    grain="one answer",
    event="answered_at",
    columns=(
        CUSTOMER,
        _time("answered_at", "when answered", required=True),
        _text("kind", "nps, csat or ces", required=True),
        _number("score", "the answer; nps: 0 to 10", required=True),
        _text("comment", "the customer's comment"),
        KNOWN,
    ),
)

USAGE = Contract(
    "usage",
    grain="one use (visit, login, feature) or a count of them",
    event="occurred_at",
    columns=(
        CUSTOMER,
        _time("occurred_at", "when", required=True),
        _text("event", "what was done", required=True),
        _number("quantity", "how often; null: once"),
        KNOWN,
    ),
)

CONTACTS = Contract(
    "contacts",
    grain="one contact of the company with a customer",
    event="contacted_at",
    columns=(
        CUSTOMER,
        _time("contacted_at", "when", required=True),
        _text("channel", "mail, phone, …"),
        _text("campaign", "which one"),
        _text("action", "what was offered or done"),
        _text("arm", "assigned by chance: contacted or control (no contact); null: no experiment"),
        _number("cost", "money"),
        _text("response", "what came back; null: nothing"),
        _time("response_at", "when it came back"),
        KNOWN,
    ),
    follows=("response_at",),
)

PAYMENTS = Contract(
    "payments",
    grain="one attempt to charge a payment",
    event="attempted_at",
    columns=(
        CUSTOMER,
        _text("payment_id", "the payment; its attempts may share it", required=True),
        _time("attempted_at", "when it was tried", required=True),
        _text("status", "succeeded, failed, refunded or disputed", required=True),
        _number("amount", "money, in the source's currency"),
        _text("failure_code", "why it failed, as the payment service says"),
        _text("subscription_id", "the contract that it pays for"),
        _time("next_attempt_at", "when it is tried again; null: not at all", may_be_future=True),
        KNOWN,
    ),
    key=("payment_id", "attempted_at", "status"),
    follows=("next_attempt_at",),
)

CHURNED = Contract(
    "churned",
    grain="one leaving, as the company defines it",
    event="churned_at",
    columns=(
        CUSTOMER,
        _time("churned_at", "when they left", required=True),
        KNOWN,
        _text("reason", "why, as recorded"),
    ),
)

ALL = (TRANSACTIONS, TICKETS, CUSTOMERS, SUBSCRIPTIONS, SURVEYS, USAGE, CONTACTS, PAYMENTS, CHURNED)
CONTRACTS: dict[str, Contract] = {contract.name: contract for contract in ALL}
