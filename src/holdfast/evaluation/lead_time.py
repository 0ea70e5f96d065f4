"""Lead time of a model: lists as it would have made them on the test dates, against who was lost later."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
from ibis import Table

from holdfast.engine.parallel import Buckets
from holdfast.outcomes.lead_time import measure_lead_time
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.value import expected_net_value
from holdfast.scoring.lost import find_lost
from holdfast.snapshots.churn import Churn
from holdfast.timeline.settings import TimelineSettings


def replay_lists(predictions: pa.Table, outreach: OutreachSettings, list_share: float) -> pd.DataFrame:
    """The lists of the test dates, by expected net value, without the lapsed.

    Consent, cool-down, hold-outs and what a contact changes are not replayed.

    Args:
        predictions: the test predictions (see `evaluation.test_set.tabulate`).
        list_share: the capacity of a list as a share of the customers.

    Returns:
        One row a test snapshot: as_of, customer_id, decision (listed or over_capacity), value.
    """
    columns = [name for name in ("as_of", "customer_id", "churn_probability", "value", "lapsed")
               if name in predictions.column_names]  # fmt: skip
    rows = predictions.select(columns).to_pandas()
    value = rows["value"] if rows["value"].gt(0).any() else rows["value"] * 0 + 1.0  # unknown: by risk
    net = expected_net_value(
        rows["churn_probability"], value, accept_share=outreach.accept_share,
        offer_cost=outreach.offer_cost, offer_taken_share=outreach.offer_taken_share, contact_cost=0.0,
    )  # fmt: skip
    if "lapsed" in rows:
        net = net.mask(rows["lapsed"])
    place = net.groupby(rows["as_of"]).rank(ascending=False, method="first")
    capacity = rows.groupby("as_of")["as_of"].transform("size").mul(list_share).round().clip(lower=1)
    listed = place <= capacity  # false of the lapsed
    decision = listed.map({True: "listed", False: "over_capacity"})
    decided: pd.DataFrame = rows[["as_of", "customer_id", "value"]].assign(decision=decision)
    return decided


def evaluate_lead_time(
    predictions: pa.Table, card: Mapping[str, Any], tables: Mapping[str, Table], buckets: Buckets,
    day: dt.date, *, churn: Churn, timeline: TimelineSettings, outreach: OutreachSettings,
) -> dict[str, Any] | None:  # fmt: skip
    """How many of the customers lost until `day` a list of the test dates had named, and how long before.

    Args:
        predictions: the test predictions; `card`: test_by and list_share of the same test.
        tables: the validated tables; `buckets`: the streams of the same log.

    Returns:
        See `follow_lists`; None: the test is not on later dates, or nobody was lost since.
    """
    if card["test_by"] != "time" or not predictions.num_rows:
        return None
    decided = replay_lists(predictions, outreach, card["list_share"])
    first: dt.date = decided["as_of"].min()
    lost = find_lost(tables, buckets, first, day, churn=churn, timeline=timeline, settings=outreach.lapsed)
    return follow_lists(decided, lost)


def follow_lists(decided: pd.DataFrame, lost: pd.DataFrame) -> dict[str, Any] | None:
    """How many of the lost the replayed lists had named, and how long before; None: nobody was lost.

    Args:
        decided: see `replay_lists`.
        lost: customer_id and left_on of the customers lost since the first list.

    Returns:
        `lists` (the test dates), and see `outcomes.lead_time.measure_lead_time`.
    """
    tested = lost[lost["customer_id"].isin(decided["customer_id"])]
    measured = measure_lead_time(tested, decided, decided["as_of"].min())
    if measured is None:
        return None
    return {"lists": [str(date) for date in sorted(decided["as_of"].unique())], **measured}
