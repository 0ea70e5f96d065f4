"""The groups of customers that rates and curves are shown for."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from ibis import Table
from numpy.typing import NDArray

from holdfast.errors import SettingError, nearest
from holdfast.retention.settings import ALL
from holdfast.scoring.profile import known_columns
from holdfast.scoring.subscriptions import latest_versions
from holdfast.timeline.span import midnight

USUAL = ("segment", "country", "language")  # of the contract columns of customers
PLAN = "plan"  # of the last version of a subscription
MAX_GROUPS = 8  # of an attribute; the customers of smaller ones are OTHER
OTHER, UNKNOWN = "other", "not known"

Groups = dict[str, dict[str, NDArray[np.bool_]]]


def each_group(groups: Groups, customers: int) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """attribute, group and (customers,) who is in it: first all customers, then each group."""
    yield ALL, ALL, np.ones(customers, bool)
    for attribute, members in groups.items():
        for group, member in members.items():
            yield attribute, group, member


def find_groups(
    tables: Mapping[str, Table], customers: pd.Index, wanted: Sequence[str] | None,
    attributes: Sequence[str], day: dt.date,
) -> Groups:  # fmt: skip
    """Attribute → group → (customers,) who is in it, as known before `day`, the largest group first.

    Args:
        wanted: the attributes; None: USUAL, `attributes` and the plan, if they exist.

    Raises:
        SettingError: a wanted attribute is in no table.
    """
    columns = tables["customers"].columns if "customers" in tables else ()
    plans = "subscriptions" in tables and PLAN in tables["subscriptions"].columns
    available = [*(name for name in columns if name != "customer_id"), *([PLAN] if plans else [])]
    if unknown := [name for name in wanted or () if name not in available]:
        raise SettingError(
            "a segment is no column of the customers",
            where="retention.segments", found=", ".join(unknown),
            expected=nearest(unknown[0], available) if available else "a table customers",
            next_step="map it in conf/source/, or leave it out",
        )  # fmt: skip
    usual = [name for name in (*USUAL, *attributes, PLAN) if name in available]
    names = list(dict.fromkeys(usual if wanted is None else wanted))
    values = pd.DataFrame(index=customers)
    known = known_columns(tables, day, [name for name in names if name != PLAN])
    if known is not None:
        values = values.join(known.drop_duplicates("customer_id").set_index("customer_id"))
    if PLAN in names:
        seen = tables["subscriptions"].filter(
            lambda row: (row.known_at < midnight(day)) & (row.started_at < midnight(day))
        )
        last = latest_versions(seen).order_by("started_at").select("customer_id", PLAN).to_pandas()
        plan = last.drop_duplicates("customer_id", keep="last").set_index("customer_id")[PLAN]
        values[PLAN] = plan.reindex(customers)
    groups = {name: group_by(values[name]) for name in names if name in values}
    return {name: members for name, members in groups.items() if len(members) > 1}


def group_by(values: pd.Series) -> dict[str, NDArray[np.bool_]]:
    """Group → (customers,) who is in it; the largest MAX_GROUPS, then OTHER and UNKNOWN."""
    texts = values.astype("string").fillna(UNKNOWN).astype("object")
    sizes = texts[texts != UNKNOWN].value_counts()
    kept = list(sizes.index[:MAX_GROUPS])
    texts = texts.where(texts.isin([*kept, UNKNOWN]), OTHER)
    return {name: (texts == name).to_numpy() for name in (*kept, OTHER, UNKNOWN) if (texts == name).any()}
