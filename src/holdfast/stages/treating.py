"""Who was contacted before their outcome was over: such a snapshot shows what a contact did as well."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.util import hash_pandas_object

from holdfast.job import Job, Manifest
from holdfast.model.matrix import CONTACT_FLAG, CONTACTED
from holdfast.model.splits import Splits
from holdfast.publication import PARQUET, published_before
from holdfast.scoring.profile import midnight
from holdfast.stages.contacted import contacted_in
from holdfast.stages.past import ids_of

CONTACTS = "contacts"
FLAGGED = "SEASON"  # a reason of the background: it is nobody's, as whoever is scored is left alone


def treat(
    job: Job, table: pa.Table, division: Splits, manifest: Manifest
) -> tuple[pa.Table, Splits, dict[str, str]]:
    """Mark who was contacted before the outcome was over, and drop or flag them as `churn.treated` says.

    Args:
        manifest: of the features.

    Returns:
        The rows with the column `contacted` (as long as anything says so), what they are for, and the reason
        code of every column.
    """
    columns: dict[str, str] = dict(manifest["columns"])
    treated = find_treated(job, table, dt.date.fromisoformat(manifest["as_of"]))
    if treated is None:
        if (how := job.config.churn.treated) != "keep":
            job.say(f"warning: nothing says who was contacted: churn.treated={how} changes nothing")
        return table, division, columns
    table = table.append_column(CONTACTED, pa.array(treated))
    share = f"{treated.mean():.0%} of the snapshots are of customers contacted before the outcome was over"
    job.say(f"{share}: churn.treated={job.config.churn.treated}")
    table, division = treat_as(job.config.churn.treated, table, division)
    return table, division, columns | ({CONTACT_FLAG: FLAGGED} if CONTACT_FLAG in table.column_names else {})


def treat_as(how: str, table: pa.Table, division: Splits) -> tuple[pa.Table, Splits]:
    """Rows and what they are for, as a setting has it; `contacted` says who was, if anything does.

    Args:
        table: perhaps with the flag of another setting, which goes.
    """
    table = table.select([name for name in table.column_names if name != CONTACT_FLAG])
    if CONTACTED not in table.column_names:
        return table, division
    treated = table[CONTACTED].to_numpy()
    if how == "drop":
        division = division.drop_rows(treated, table["churned"].to_numpy())
    if how == "flag":
        table = table.append_column(CONTACT_FLAG, pa.array(treated.astype(np.float32)))
    return table, division


def inputs_of(job: Job, manifest: Manifest) -> dict[str, Any]:
    """All that decides it beside Holdfast's own code: what was known of contacts, nothing that came later.

    Args:
        manifest: of the features.
    """
    dates = [dt.date.fromisoformat(date) for date in manifest["dates"]]
    contacts = contacts_between(job, min(dates), dt.date.fromisoformat(manifest["as_of"]))
    known = None if contacts is None else int(hash_pandas_object(contacts, index=False).sum())
    return {"how": job.config.churn.treated, CONTACTS: known}  # a sum: the order of rows says nothing


def find_treated(job: Job, table: pa.Table, day: dt.date) -> NDArray[np.bool_] | None:
    """(rows,) whose customer was contacted from the as-of date to the end of the outcome window.

    By the source's table of contacts, as known before `day`; without one, by the lists published before
    `day`: whoever is on a list is taken to have been contacted.

    Returns:
        None: nothing says who was contacted.
    """
    dates = pc.unique(table["as_of"]).to_pylist()
    contacts = contacts_between(job, min(dates, default=day), day)
    if contacts is None:
        return None
    outcome, treated = job.config.churn.outcome(0), np.zeros(table.num_rows, bool)
    for date in dates:
        called = contacted_in(contacts, date, outcome.window(date)[1])["customer_id"]
        here = pc.equal(table["as_of"], pa.scalar(date, pa.date32()))
        known = pc.is_in(table["customer_id"], value_set=pa.array(called, table["customer_id"].type))
        treated |= pc.and_(here, known).to_numpy()
    return treated


def contacts_between(job: Job, since: dt.date, day: dt.date) -> pd.DataFrame | None:
    """customer_id, contacted_at (a day), cost (null: not asked for); one row a customer and day of contact.

    Returns:
        None: neither a table of contacts nor any list.
    """
    with job.engine() as engine:
        table = job.tables(engine).get(CONTACTS)
        if table is not None:
            known = table.filter(table.contacted_at >= midnight(since), table.known_at < midnight(day))
            days = known.select("customer_id", contacted_at=known.contacted_at.truncate("D")).distinct()
            found: pd.DataFrame = days.to_pandas()
            return found.assign(cost=np.nan)
    parts = [
        pd.DataFrame({"customer_id": sorted(ids_of(job.layout.lists / str(date) / PARQUET))}).assign(
            contacted_at=pd.Timestamp(date), cost=np.nan
        )
        for date in published_before(job.layout, day)
    ]
    return pd.concat(parts, ignore_index=True) if parts else None
