"""Simulate the effect of calls with four types of customers, which cannot be observed.

| type | left alone | called |
|---|---|---|
| sure thing | stays | stays |
| persuadable | leaves | stays |
| lost cause | leaves | leaves |
| do not disturb | stays | leaves |

A customer's type is drawn from the outcome without a call and two probabilities, which may differ between
customers (an uplift model needs such differences). `potential_outcomes` draws the types; `treat_company`
applies them to the demo company's raw tables.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

SURE_THING, PERSUADABLE, LOST_CAUSE, DO_NOT_DISTURB = TYPES = (
    "sure thing", "persuadable", "lost cause", "do not disturb",
)  # fmt: skip
PART = "part-treated.parquet"


def potential_outcomes(
    leaves_alone: NDArray[np.bool_], *, persuadable: Any, disturbed: Any, random: np.random.Generator
) -> pd.DataFrame:
    """Draw each customer's type and outcomes without and with a call.

    Args:
        leaves_alone: (customers,) whether the customer leaves without a call.
        persuadable: probability that a call keeps a customer who would leave; a number, or (customers,).
        disturbed: probability that a call drives away a customer who would stay; likewise.

    Returns:
        type (one of TYPES), churned_if_left_alone, churned_if_called; one row a customer, in order.
    """
    luck = random.random(len(leaves_alone))
    turned = luck < np.where(leaves_alone, persuadable, disturbed)
    kind = np.select(
        [leaves_alone & turned, leaves_alone, turned], [PERSUADABLE, LOST_CAUSE, DO_NOT_DISTURB], SURE_THING
    )
    return pd.DataFrame(
        {
            "type": pd.Series(kind, dtype="str"),
            "churned_if_left_alone": leaves_alone,
            "churned_if_called": leaves_alone ^ turned,
        }
    )


def treat_company(
    raw: Path,
    called: list[str],
    as_of: dt.date,
    *,
    window: tuple[dt.date, dt.date],
    persuadable: Any,
    disturbed: Any,
    seed: int,
) -> pd.DataFrame:
    """Add calls on `as_of` to the demo company, and change the orders in the outcome window accordingly.

    Persuadable customers repeat their last order in the window; do-not-disturb customers lose their orders in
    it. Each call is added to the contacts. Run this only once for a company and date.

    Args:
        raw: the folder that `simulate` wrote.
        called: customer ids.
        window: the first day of the outcome window, and the first day after it.
        persuadable, disturbed: see `potential_outcomes`; in the order of the sorted ids. See also
            `response.response_shares`.

    Returns:
        `potential_outcomes` of the called, with customer_id.
    """
    lines = pq.read_table(raw / "order_lines")
    ids = pa.array(sorted(called), pa.string())
    moments = [pa.scalar(dt.datetime.combine(day, dt.time()), lines["placed_at"].type) for day in window]
    sold = pc.and_(pc.is_in(lines["customer_no"], ids), pc.not_equal(lines["status"], "cancelled"))
    in_window = pc.and_(
        pc.greater_equal(lines["placed_at"], moments[0]), pc.less(lines["placed_at"], moments[1])
    )
    buyers = set(lines.filter(pc.and_(sold, in_window))["customer_no"].to_pylist())
    leaves = np.array([customer not in buyers for customer in ids.to_pylist()], bool)
    random = np.random.default_rng([seed, as_of.toordinal()])
    truth = potential_outcomes(leaves, persuadable=persuadable, disturbed=disturbed, random=random)
    truth.insert(0, "customer_id", ids.to_pylist())
    gone = pa.array(truth.loc[truth["type"] == DO_NOT_DISTURB, "customer_id"].tolist(), pa.string())
    kept = lines.filter(pc.invert(pc.and_(in_window, pc.is_in(lines["customer_no"], gone))))
    back = truth.loc[truth["type"] == PERSUADABLE, "customer_id"].tolist()
    before = lines.filter(pc.and_(sold, pc.less(lines["placed_at"], moments[0])))
    replace_table(raw / "order_lines", pa.concat_tables([kept, order_again(before, back, window, random)]))
    contacts = pq.read_table(raw / "contacts")
    replace_table(raw / "contacts", pa.concat_tables([contacts, calls(contacts.schema, ids, as_of)]))
    return truth


def order_again(
    before: pa.Table, customers: list[str], window: tuple[dt.date, dt.date], random: np.random.Generator
) -> pa.Table:
    """Repeat each customer's last order on a random day of the window, with new identifiers."""
    frame = before.filter(pc.is_in(before["customer_no"], pa.array(customers, pa.string()))).to_pandas()
    frame = frame[frame["placed_at"] == frame.groupby("customer_no")["placed_at"].transform("max")]
    days = dict(
        zip(
            sorted(customers), random.integers((window[1] - window[0]).days, size=len(customers)), strict=True
        )
    )
    noon = pd.Timestamp(window[0]) + pd.Timedelta(hours=12)
    again = noon + pd.to_timedelta(frame["customer_no"].map(days).astype("int64"), unit="D")
    for name in ("order_id", "line_id"):
        frame[name] = "C" + frame[name]
    frame = frame.assign(placed_at=again, loaded_at=again)
    return pa.Table.from_pandas(frame, schema=before.schema, preserve_index=False)


def calls(schema: pa.Schema, ids: pa.Array, as_of: dt.date) -> pa.Table:
    """A call to each customer on the morning of a day."""
    size, moment = len(ids), dt.datetime.combine(as_of, dt.time(10))
    columns: dict[str, Any] = {
        "contact_id": pc.binary_join_element_wise(f"L{as_of:%Y%m%d}", ids, "-"),
        "customer_no": ids,
        "sent_at": pa.array([moment] * size),
        "medium": pa.array(["phone"] * size),
        "campaign": pa.array([f"list-{as_of}"] * size),
        "cost_eur": pa.array([3.5] * size),
    }
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(size, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def replace_table(folder: Path, table: pa.Table) -> None:
    """Replace all parts of a table by one."""
    for part in folder.glob("*.parquet"):
        part.unlink()
    pq.write_table(table, folder / PART, compression="zstd")
