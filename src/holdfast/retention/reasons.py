"""Why customers left: what Holdfast had said about them before, and what they or the company said."""

import datetime as dt
from collections.abc import Iterable, Mapping

import pandas as pd
from ibis import Table

from holdfast.outreach.leavers import EarlierReasons, newest_reasons
from holdfast.scoring.open_tickets import with_columns
from holdfast.timeline.span import midnight

COLUMNS = ["origin", "reason", "customers", "share"]
EXPLAINED, RECORDED = "explanation", "recorded"
NO_REASON, OTHER = "no reason recorded", "other"
MIN_RECORDED = 3  # customers; a rarer reason may be a text about one of them
MAX_REASONS = 10


def reasons_for_leaving(
    lost: pd.DataFrame, earlier: Iterable[EarlierReasons], tables: Mapping[str, Table], day: dt.date
) -> pd.DataFrame:
    """One row per reason, the most frequent first.

    Args:
        lost: customer_id and lost_on.
        earlier: the reasons of lists and explanations, latest first.

    Returns:
        origin (`explanation`, see `explained_before`, or `recorded`, see `recorded_since`), reason,
        customers, and share of those with any reason of this origin.
    """
    since = lost["lost_on"].min() if len(lost) else pd.Timestamp(day)
    parts = [explained_before(lost, earlier), recorded_since(tables, since, day)]
    rows = []
    for origin, reasons in zip((EXPLAINED, RECORDED), parts, strict=True):
        counts = reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        rest = counts.index.isin([NO_REASON, OTHER])
        if (counts.index != NO_REASON).any():
            shown = pd.concat([counts[~rest].iloc[:MAX_REASONS], counts[rest]])
            rows += [(origin, name, int(size), float(size / counts.sum())) for name, size in shown.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def explained_before(lost: pd.DataFrame, earlier: Iterable[EarlierReasons]) -> pd.Series:
    """The strongest reason of each lost customer, from the last list or explanation before the loss."""
    last = (
        lost.sort_values("lost_on")
        .drop_duplicates("customer_id", keep="last")
        .set_index("customer_id")["lost_on"]
    )
    codes = pd.Series(index=last.index, dtype="object")
    for source in earlier:
        wanted = last.index[(last > pd.Timestamp(source.as_of)) & codes.isna()]
        newest = newest_reasons([source], "")["code"]
        codes.update(newest.reindex(wanted).dropna())
    return codes.dropna()


def recorded_since(tables: Mapping[str, Table], since: pd.Timestamp, day: dt.date) -> pd.Series:
    """The recorded reason of each leaving since a day; OTHER for those of fewer than MIN_RECORDED."""
    if "churned" not in tables:
        return pd.Series(dtype="object")
    table = with_columns(tables["churned"], reason="string")
    seen = table.filter(
        table.known_at < midnight(day), table.churned_at < midnight(day), table.churned_at >= since,
    )  # fmt: skip
    result: pd.Series = seen.select(reason=seen.reason.fill_null(NO_REASON)).to_pandas()["reason"]
    sizes = result.map(result.value_counts())
    return result.astype("object").where((sizes >= MIN_RECORDED) | (result == NO_REASON), OTHER)
