"""What calling customers does, with the truth known: four types of customers that nobody can tell apart.

| type | left alone | called |
|---|---|---|
| sure thing | stays | stays |
| persuadable | leaves | stays |
| lost cause | leaves | leaves |
| do not disturb | stays | leaves |

A customer's type follows from what they do if left alone and from two shares, which may differ from customer
to customer (as they must, if a model of uplift is to find anything). `potential_outcomes` is all that a test
of a statistic needs; `treat_company` makes it happen in the demo company's raw tables.
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
    """Each customer's type, and what they do if left alone and if called.

    Args:
        leaves_alone: (customers,) who leaves if left alone.
        persuadable: of those who would leave, the share that a call keeps; one for all, or (customers,).
        disturbed: of those who would stay, the share that a call drives away; likewise.

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
    """Let customers of the demo company be called on `as_of`, and change what they buy in the outcome window.

    The persuadable place their newest order from before once more, in the window; who wants not to be
    disturbed buys nothing in it. Each call is added to the contacts. To be done once for a company and date.

    Args:
        raw: the folder that `simulate` wrote.
        called: customer ids.
        window: first day of the outcome window, and the first day after it.
        persuadable, disturbed: as `potential_outcomes` takes them, in the order of the sorted ids; see also
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
    """Each customer's newest order once more, on a day of the window, with identifiers of its own."""
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
    """One part in place of all."""
    for part in folder.glob("*.parquet"):
        part.unlink()
    pq.write_table(table, folder / PART, compression="zstd")
