"""The user's contacts file: the customers who were really contacted."""

from pathlib import Path

import pandas as pd

from holdfast.contracts.identifiers import BLANKS
from holdfast.errors import DataRefused, SettingError, nearest
from holdfast.sources.delimited import read_delimited

REQUIRED, OPTIONAL = ("customer_id", "contacted_at"), ("channel", "cost")


def read_contacts(path: Path, time_zone: str, where: str) -> pd.DataFrame:
    """Read a contacts file, one row a contact.

    Args:
        path: CSV (UTF-8 or UTF-16, ids stay text) or Parquet.
        time_zone: of the source; times with a zone are converted to it.
        where: names the setting and the file in errors.

    Returns:
        customer_id (text), contacted_at (wall-clock time), cost (money; null: unknown).

    Raises:
        SettingError: there is no such file.
        DataRefused: the file cannot be read, or its columns or values are wrong.
    """
    if not path.is_file():
        raise SettingError(
            "there is no such file", where=where, next_step="give the path of a CSV or Parquet"
        )
    try:
        if path.suffix.lower() == ".parquet":
            raw = pd.read_parquet(path)
        else:
            raw = read_delimited(path, where).to_pandas()
    except (OSError, ValueError, ImportError, DataRefused) as error:  # Arrow's errors are ValueErrors
        raise DataRefused(
            "the contacts cannot be read", where=where,
            found=error.lines["found"] if isinstance(error, DataRefused) else type(error).__name__,
            expected="UTF-8 text with columns set apart by commas, or Parquet (.parquet)",
        ) from None  # fmt: skip
    _check_columns(list(raw.columns), where)
    when = as_wall_clock(raw["contacted_at"], time_zone)
    cost = pd.to_numeric(raw["cost"], errors="coerce") if "cost" in raw.columns else float("nan")
    contacts = pd.DataFrame(
        {
            "customer_id": raw["customer_id"].astype("str").str.strip(BLANKS),
            "contacted_at": when,
            "cost": cost,
        }
    )
    if bad := int((when.isna() | raw["customer_id"].isna()).sum()):
        raise DataRefused(
            f"{bad:,} of {len(raw):,} contacts lack a customer or a time that can be read",
            where=where,
            expected="contacted_at as 2026-08-03 or 2026-08-03T14:30, in every row",
            next_step="correct or delete those rows",
        )
    return contacts


def _check_columns(columns: list[str], where: str) -> None:
    """Refuse missing and unknown columns."""
    accepted = (*REQUIRED, *OPTIONAL)
    missing = [name for name in REQUIRED if name not in columns]
    unknown = [str(name) for name in columns if name not in accepted]
    if missing or unknown:
        raise DataRefused(
            "the columns of the contacts are not those that are read",
            where=where,
            found=", ".join(map(str, columns)),
            expected="customer_id, contacted_at, and perhaps channel and cost",
            next_step=f"rename or drop {unknown[0]} ({nearest(unknown[0], accepted)})"
            if unknown
            else f"add {missing[0]}",
        )


def as_wall_clock(times: pd.Series, time_zone: str) -> pd.Series:
    """Naive times unchanged, aware times as wall-clock time of the source; null: unreadable."""
    if pd.api.types.is_datetime64_any_dtype(times):
        return times if times.dt.tz is None else times.dt.tz_convert(time_zone).dt.tz_localize(None)
    texts = times.astype("str")
    texts = texts.str.replace(r"\s*(?:UTC|GMT|Z)$", "+00:00", regex=True)
    texts = texts.str.replace(r"\s+([+-]\d\d(?::?\d\d)?)$", r"\1", regex=True)
    aware = texts.str.contains(r"\d\d:\d\d.*[+-]\d\d(?::?\d\d)?$", na=False)
    naive = pd.to_datetime(texts.where(~aware), format="ISO8601", errors="coerce")
    moments = pd.to_datetime(texts.where(aware), format="ISO8601", errors="coerce", utc=True)
    return naive.fillna(moments.dt.tz_convert(time_zone).dt.tz_localize(None).astype(naive.dtype))
