"""How a broken export changes the raw files below a root; the last day's file came tonight."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from benchmarks.nights.company import night_file

Change = Callable[[pd.DataFrame], pd.DataFrame]
Apply = Callable[[Path, dt.date], None]
NO_SHIFT = pd.Timedelta(0)


def rewrite(path: Path, change: Change) -> None:
    """Change a file of text cells."""
    change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)


def orders(change: Change, nights: int = 1) -> Apply:
    """The files of the last nights."""

    def apply(root: Path, day: dt.date) -> None:
        for number in range(nights):
            rewrite(night_file(root, day - dt.timedelta(days=number)), change)

    return apply


def all_orders(change: Change) -> Apply:
    """All files of orders."""

    def apply(root: Path, _: dt.date) -> None:
        for path in (root / "raw" / "orders").glob("*.csv"):
            rewrite(path, change)

    return apply


def table(name: str, change: Change) -> Apply:
    """A table that is delivered whole."""
    return lambda root, _: rewrite(root / "raw" / name, change)


def tonight(change: Callable[[bytes], bytes]) -> Apply:
    """The bytes of tonight's file."""

    def apply(root: Path, day: dt.date) -> None:
        path = night_file(root, day)
        path.write_bytes(change(path.read_bytes()))

    return apply


def times(factor: float) -> Change:
    """Amounts in another unit."""
    return lambda rows: rows.assign(amount=[f"{float(one) * factor:.4f}" for one in rows["amount"]])


def assign(**columns: str | Callable[[str], str | None]) -> Change:
    """Columns with other values; a function gets the column's cells one by one."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        for name, value in columns.items():
            rows[name] = rows[name].map(value) if callable(value) else value
        return rows

    return change


def dates(form: str, shift: pd.Timedelta = NO_SHIFT, column: str = "at") -> Change:
    """Times in another format, or at another time."""
    return lambda rows: rows.assign(**{column: (pd.to_datetime(rows[column]) + shift).dt.strftime(form)})


def shifted(rows: pd.DataFrame) -> pd.DataFrame:
    """The cells of all rows one column to the right."""
    cells = rows.to_numpy()
    return pd.DataFrame([[row[-1], *row[:-1]] for row in cells], columns=rows.columns)


def swapped(first: str, second: str) -> Change:
    """Two columns under each other's name."""
    return lambda rows: rows.assign(**{first: rows[second], second: rows[first]})


def again(days_before: int, name: str | None = None) -> Apply:
    """An earlier night's file as tonight's, or once more under another name."""

    def apply(root: Path, day: dt.date) -> None:
        old = night_file(root, day - dt.timedelta(days=days_before))
        target = night_file(root, day) if name is None else old.with_name(name)
        target.write_bytes(old.read_bytes())

    return apply


def flood(count: int) -> Change:
    """One customer with very many orders."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        many = pd.DataFrame([rows.iloc[0].to_dict()] * count)
        return pd.concat([rows, many.assign(order=[f"F{one}" for one in range(count)])])

    return change


def far_away(rows: pd.DataFrame) -> pd.DataFrame:
    """One row three months ahead of the night."""
    later = pd.to_datetime(rows["at"].iloc[:1]) + pd.Timedelta(days=90)
    return pd.concat([rows, rows.head(1).assign(at=later.dt.strftime("%Y-%m-%d %H:%M:%S"), order="far")])


def remove(where: Callable[[Path, dt.date], Path]) -> Apply:
    """A file is missing."""
    return lambda root, day: where(root, day).unlink()


def write(name: str, text: str) -> Apply:
    """A file below the root with another content."""

    def apply(root: Path, _: dt.date) -> None:
        (root / name).write_text(text, encoding="utf-8")

    return apply


def broken_holdouts(root: Path, _: dt.date) -> None:
    """The newest hold-out file is damaged."""
    path = sorted((root / "data" / "holdout").glob("*.parquet"))[-1].resolve()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def half(rows: pd.DataFrame) -> pd.DataFrame:
    """Every second row is missing."""
    return rows.iloc[::2]


def all_resolved(rows: pd.DataFrame) -> pd.DataFrame:
    """No ticket is open."""
    return rows.assign(closed=rows["closed"].where(rows["closed"] != "", rows["opened"]))
