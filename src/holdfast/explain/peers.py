"""Peer groups of customers who stayed. A value becomes a reason only if it is riskier than its peers'."""

import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.features.reasons import Group, Side

ENOUGH = (
    1000  # snapshots of customers who stayed; dates are added from the last one back until there are enough
)
MIN_CELL = 50  # snapshots in a group; a smaller group is replaced by the next larger one
POINTS = 41  # quantiles kept for each column
TENURE = ("recency__tenure__all", "subscription__tenure__all")  # the longer one counts
RHYTHM = "gaps__mean__all"
TENURE_BANDS, RHYTHM_BANDS = 3, 4
ANY = -1

Row = Mapping[str, Any]  # column → a number (NaN: null) or a level
Floats = NDArray[np.float64]
Cell = tuple[int, int]  # band of tenure, band of rhythm; ANY: all of them


@dataclasses.dataclass(frozen=True)
class Peers:
    """The comparable customers of one customer, from the closest group to everybody.

    Attributes:
        groups: for each Group, column → sorted quantiles; columns without values are absent.
        risky_levels: see `PeerGroups`.
    """

    groups: Mapping[Group, Mapping[str, Floats]]
    risky_levels: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)

    def median(self, column: str, group: Group) -> float:
        """The median; NaN: no values."""
        values = self.groups.get(group, {}).get(column)
        return float("nan") if values is None else float(values[len(values) // 2])

    def share_better(self, column: str, group: Group, value: float, side: Side) -> float:
        """The share of the group with a less risky value; NaN: no values."""
        values = self.groups.get(group, {}).get(column)
        if values is None:
            return float("nan")
        return float((side.value * (value - values) > 0).mean())


@dataclasses.dataclass(frozen=True)
class PeerGroups:
    """Quantiles of customers who stayed, by bands of tenure and of rhythm (days between purchases).

    Attributes:
        columns: the compared columns of the features table.
        tenure_cuts, rhythm_cuts: the boundaries between bands, in days.
        quantiles: for each cell (columns, POINTS); NaN: the column has no values.
        risky_levels: text column → the levels whose customers churn more often (see `find_risky_levels`).
    """

    columns: tuple[str, ...]
    tenure_cuts: Floats
    rhythm_cuts: Floats
    quantiles: Mapping[Cell, Floats]
    risky_levels: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)

    def cell_of(self, row: Row) -> Cell:
        """The bands of a customer."""
        tenure = max((v for v in (row.get(name, np.nan) for name in TENURE) if v == v), default=np.nan)
        rhythm = row.get(RHYTHM, np.nan)
        return int(band(tenure, self.tenure_cuts)), int(band(rhythm, self.rhythm_cuts))

    @property
    def everybody(self) -> Mapping[str, Floats]:
        """All customers who stayed: column → sorted quantiles."""
        return self._by_column((ANY, ANY) if self.quantiles else None)

    def peers(self, row: Row) -> Peers:
        """The comparable customers of a customer."""
        cell = tenure, rhythm = self.cell_of(row)
        candidates = {
            Group.EVERYBODY: [(ANY, ANY)],
            Group.TENURE: [(tenure, ANY), (ANY, ANY)],
            Group.RHYTHM: [cell, (ANY, rhythm), (tenure, ANY), (ANY, ANY)],
        }
        groups = {
            group: self._by_column(next((cell for cell in cells if cell in self.quantiles), None))
            for group, cells in candidates.items()
        }
        return Peers(groups, self.risky_levels)

    def _by_column(self, cell: Cell | None) -> Mapping[str, Floats]:
        return {} if cell is None else self._by_cell[cell]

    @functools.cached_property
    def _by_cell(self) -> dict[Cell, dict[str, Floats]]:
        return {
            cell: {
                column: values
                for column, values in zip(self.columns, quantiles, strict=True)
                if not np.isnan(values[0])
            }
            for cell, quantiles in self.quantiles.items()
        }

    def to_table(self) -> pa.Table:
        """One row a cell and column: tenure, rhythm, column, quantiles; the cuts as metadata."""
        cells = list(self.quantiles)
        rows = [(cell, column) for cell in cells for column in range(len(self.columns))]
        table = pa.table({
            "tenure": pa.array([cell[0] for cell, _ in rows], pa.int32()),
            "rhythm": pa.array([cell[1] for cell, _ in rows], pa.int32()),
            "column": pa.array([self.columns[column] for _, column in rows], pa.string()),
            "quantiles": pa.array(
                [self.quantiles[cell][column] for cell, column in rows], pa.list_(pa.float64())
            ),
        })  # fmt: skip
        about = {"tenure_cuts": self.tenure_cuts.tolist(), "rhythm_cuts": self.rhythm_cuts.tolist(),
                 "columns": self.columns, "risky_levels": self.risky_levels}  # fmt: skip
        return table.replace_schema_metadata({"peer_groups": json.dumps(about)})

    @classmethod
    def from_table(cls, table: pa.Table) -> "PeerGroups":
        """From `to_table`."""
        about = json.loads(table.schema.metadata[b"peer_groups"])
        columns = tuple(about["columns"])
        values = np.array(table["quantiles"].to_pylist(), float).reshape(-1, len(columns), POINTS)
        firsts = table.take(pa.array(range(0, table.num_rows, max(len(columns), 1))))
        cells = zip(firsts["tenure"].to_pylist(), firsts["rhythm"].to_pylist(), strict=True)
        tenure_cuts, rhythm_cuts = (np.array(about[name], float) for name in ("tenure_cuts", "rhythm_cuts"))
        quantiles = dict(zip(cells, values, strict=True))
        return cls(columns, tenure_cuts, rhythm_cuts, quantiles, about["risky_levels"])


def recent_stayers(rows: pa.Table) -> pa.Table:
    """The snapshots of customers who stayed, at as many of the last dates as needed for ENOUGH rows."""
    stayed = rows.filter(pc.equal(rows["churned"], 0))
    counts = pc.value_counts(stayed["as_of"]).to_pylist()
    total = 0
    for count in sorted(counts, key=lambda count: count["values"], reverse=True):
        total, oldest = total + count["counts"], count["values"]
        if total >= ENOUGH:
            break
    return stayed.filter(pc.greater_equal(stayed["as_of"], oldest)) if counts else stayed


def build_peer_groups(
    stayed: pa.Table, columns: Iterable[str], risky_levels: Mapping[str, Sequence[str]] | None = None
) -> PeerGroups:
    """The quantiles of customers who stayed (see `recent_stayers`) in the columns that their table has."""
    columns = tuple(name for name in dict.fromkeys(columns) if is_number(stayed, name))
    matrix = np.full((stayed.num_rows, len(columns)), np.nan)
    for index, name in enumerate(columns):
        matrix[:, index] = numbers(stayed, name)
    tenure = np.full(stayed.num_rows, np.nan)
    for name in TENURE:
        tenure = np.fmax(tenure, numbers(stayed, name))
    rhythm = numbers(stayed, RHYTHM)
    cuts = cut(tenure, TENURE_BANDS), cut(rhythm, RHYTHM_BANDS)
    bands = band(tenure, cuts[0]), band(rhythm, cuts[1])
    quantiles: dict[Cell, Floats] = {}
    for first in (ANY, *range(TENURE_BANDS + 1)):
        for second in (ANY, *range(RHYTHM_BANDS + 1)):
            within = np.ones(stayed.num_rows, bool)
            for wanted, of in zip((first, second), bands, strict=True):
                within &= (of == wanted) | (wanted == ANY)
            if within.sum() >= MIN_CELL or (first == second == ANY and within.any()):
                quantiles[first, second] = quantiles_of(matrix[within])
    return PeerGroups(columns, *cuts, quantiles, risky_levels or {})


def is_number(rows: pa.Table, name: str) -> bool:
    """Whether a table has a column of numbers of this name."""
    kind = rows.schema.field(name).type if name in rows.column_names else pa.null()
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def numbers(rows: pa.Table, name: str) -> Floats:
    """(rows,) a column as numbers; NaN: null, or the column is missing."""
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(), float)


def cut(values: Floats, bands: int) -> Floats:
    """The boundaries that cut the known values into bands of equal size."""
    valid = values[~np.isnan(values)]
    return np.unique(np.quantile(valid, np.arange(1, bands) / bands)) if len(valid) else np.empty(0)


def band(values: Floats | float, cuts: Floats) -> NDArray[np.intp]:
    """The band of each value; unknown values get the last band."""
    return np.where(np.isnan(values), len(cuts) + 1, np.searchsorted(cuts, values))


def quantiles_of(matrix: Floats) -> Floats:
    """(columns, POINTS) values of each column at evenly spaced ranks; NaN: the column has no values."""
    quantiles = np.full((matrix.shape[1], POINTS), np.nan)
    for index, column in enumerate(matrix.T):
        ranked = np.sort(column[~np.isnan(column)])
        if len(ranked):
            quantiles[index] = ranked[np.linspace(0, len(ranked) - 1, POINTS).round().astype(np.intp)]
    return quantiles
