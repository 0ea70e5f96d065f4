"""The raw tables of orders, order lines and refunds, with typical flaws of such exports.

Per thousand orders, 3 are loaded days late, 3 more have no customer, and 10 more are failed attempts with the
status cancelled. One in a thousand lines is exported twice.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.demo.chance import uniforms
from holdfast.demo.columns import Clock, labels, money
from holdfast.demo.facts import Records
from holdfast.demo.identifiers import (
    CANCELLED,
    REAL,
    WALK_IN,
    Numbers,
    customer_numbers,
    order_numbers,
    spelled,
)
from holdfast.demo.market import COUNTRIES, GROUPS, PRODUCTS_PER_GROUP
from holdfast.demo.support import DAY, TOPICS

LATE_SHARE, WALK_IN_SHARE, FAILED_SHARE, REPEATED_SHARE = 0.003, 0.003, 0.010, 0.001
STATUS = ("completed", "cancelled", "completed")  # by variant
CHANNELS, CHANNEL_EDGES = ("web", "app", "phone"), (0.6, 0.92)
CURRENCY = "EUR"

# Purposes of hashes.
_LATE, _WALK_IN, _FAILED, _REPEATED, _DELAY, _CHANNEL = range(200, 206)


class Placed(NamedTuple):
    """Orders as exported, with flaws, sorted by time; and their lines in the same order.

    Attributes:
        order: the record of each exported order.
        line, of: line records, and the index of the exported order that each belongs to.
    """

    order: Records
    variant: Numbers
    placed: Numbers
    loaded: Numbers
    line: Records
    of: Numbers


def place(orders: Records, lines: Records, days: int, seed: int) -> Placed:
    """Add the flaws; leave out orders that are loaded at the end or later."""
    key = order_numbers(orders["customer"], orders["order"])
    walk_in = np.flatnonzero(uniforms(seed, _WALK_IN, key) < WALK_IN_SHARE)
    failed = np.flatnonzero(uniforms(seed, _FAILED, key) < FAILED_SHARE)
    origin = np.concatenate([np.arange(len(orders)), failed, walk_in])
    variant = np.repeat([REAL, CANCELLED, WALK_IN], [len(orders), len(failed), len(walk_in)])
    placed = orders["placed"][origin] + np.array([0, -420, 300])[variant]
    late = (uniforms(seed, _LATE, key)[origin] < LATE_SHARE) & (variant == REAL)
    delay = ((1 + 5 * uniforms(seed, _DELAY, key)[origin]) * DAY).astype(np.int64)
    loaded = placed + np.where(late, delay, 0)
    kept = np.flatnonzero(loaded < days * DAY)
    kept = kept[np.lexsort((variant[kept], key[origin[kept]], placed[kept]))]
    first = np.searchsorted(order_numbers(lines["customer"], lines["order"]), key, side="left")
    after = np.searchsorted(order_numbers(lines["customer"], lines["order"]), key, side="right")
    of, line = _spread(first[origin[kept]], after[origin[kept]])
    return Placed(orders[origin[kept]], variant[kept], placed[kept], loaded[kept], lines[line], of)


def _spread(first: Numbers, after: Numbers) -> tuple[Numbers, Numbers]:
    """The members of ranges `[first, after)`: the index of each member's range, and the members."""
    sizes = after - first
    of = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return of, first[of] + within


def tabulate_orders(made: Placed, countries: NDArray[np.int64], clock: Clock, seed: int) -> pa.Table:
    """Grain: one order or attempt. Key: order_id.

    Args:
        countries: the country of each order's customer.
    """
    number = _numbers(made)
    value = np.round(made.line["units"] * made.line["price"] - made.line["discount"], 2)
    channel = np.searchsorted(CHANNEL_EDGES, uniforms(seed, _CHANNEL, number), side="right")
    return pa.table(
        {
            "order_id": spelled("SO", number),
            "customer_no": _buyers(made),
            "placed_at": clock.moments(made.placed),
            "loaded_at": clock.moments(made.loaded),
            "status": labels(STATUS, made.variant),
            "sales_channel": labels(CHANNELS, channel),
            "ship_to": labels([country.code for country in COUNTRIES], countries),
            "order_total": money(np.bincount(made.of, value, len(number))),
            "currency": labels([CURRENCY], np.zeros(len(number), np.int64)),
        }
    )


def tabulate_lines(made: Placed, clock: Clock, seed: int) -> pa.Table:
    """Grain: one line of an order; some are exported twice. Key, except for these: line_id."""
    number, of, line = _numbers(made)[made.of], made.of, made.line
    twice = np.flatnonzero(uniforms(seed, _REPEATED, number * 8 + line["number"]) < REPEATED_SHARE)
    rows = np.concatenate([np.arange(len(line)), twice])
    number, of, line = number[rows], of[rows], line[rows]
    order_id = spelled("SO", number)
    return pa.table(
        {
            "line_id": pc.binary_join_element_wise(
                order_id, pa.array(line["number"] + 1).cast(pa.string()), "-"
            ),
            "order_id": order_id,
            "customer_no": _buyers(made).take(pa.array(of)),
            "placed_at": clock.moments(made.placed[of]),
            "loaded_at": clock.moments(made.loaded[of]),
            "status": labels(STATUS, made.variant[of]),
            "sku": skus(line["product"]),
            "product_group": labels(GROUPS, line["product"] // PRODUCTS_PER_GROUP),
            "quantity": pa.array(line["units"], pa.int32()),
            "unit_price": money(line["price"]),
            "line_discount": money(line["discount"]),
        }
    )


def tabulate_refunds(refunds: Records, clock: Clock) -> pa.Table:
    """Grain: one refund of a line. Key: refund_id. `refund_amount`: above 0."""
    refunds = refunds[refunds["refunded"] < clock.seconds]
    refunds = refunds[np.argsort(refunds["refunded"], kind="stable")]
    number = order_numbers(refunds["customer"], refunds["order"])
    second = pa.array(refunds["refunded"] % 1_000_000_007).cast(pa.string())
    reasons = ["returned", *TOPICS]
    return pa.table(
        {
            "refund_id": pc.binary_join_element_wise(spelled("RF", number), second, "-"),
            "order_id": spelled("SO", number),
            "customer_no": customer_numbers(refunds["customer"]),
            "refunded_at": clock.moments(refunds["refunded"]),
            "sku": skus(refunds["product"]),
            "product_group": labels(GROUPS, refunds["product"] // PRODUCTS_PER_GROUP),
            "refund_amount": money(refunds["amount"]),
            "refund_reason": labels(reasons, refunds["topic"] + 1),
        }
    )


def skus(product: NDArray[Any]) -> pa.Array:
    """Article numbers such as `COF-004`."""
    names = [
        f"{group[:3].upper()}-{number:03d}" for group in GROUPS for number in range(1, PRODUCTS_PER_GROUP + 1)
    ]
    return labels(names, product)


def _numbers(made: Placed) -> Numbers:
    return order_numbers(made.order["customer"], made.order["order"], made.variant)


def _buyers(made: Placed) -> pa.Array:
    known = pa.array(made.variant != WALK_IN)
    return pc.if_else(known, customer_numbers(made.order["customer"]), pa.scalar(None, pa.string()))
