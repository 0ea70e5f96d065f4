"""Feature contributions of a sample of snapshots, for the plots and the model card."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.explain.explanations import Explanation, explain
from holdfast.explain.interactions import strongest_interaction
from holdfast.model.bundle import Bundle
from holdfast.model.matrix import Matrix

EXPLAINED = 2000  # snapshots
IN_CARD = 30  # features

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Drivers:
    """Contributions of a sample of snapshots to a model's score, without customer ids.

    Attributes:
        reasons: (columns,) the reason code of each.
        levels: the levels of each text feature, in the order of their codes.
        matrix: (snapshots, columns) the model's input; NaN: missing.
        contributions: (snapshots, columns) log-odds before calibration; above 0 raises the churn risk.
        interaction: two features and the size of their interaction (log-odds); None: there is none.
    """

    names: tuple[str, ...]
    reasons: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    matrix: Matrix
    contributions: Floats
    interaction: tuple[str, str, float] | None

    @classmethod
    def of(cls, bundle: Bundle, explanation: Explanation) -> "Drivers":
        """Take up to EXPLAINED of the explained snapshots, evenly spaced."""
        count = len(explanation.matrix)
        rows = np.linspace(0, count - 1, min(count, EXPLAINED)).astype(np.intp)
        return cls(
            bundle.columns.names, bundle.reasons,
            {name: tuple(levels) for name, levels in bundle.columns.levels.items()},
            explanation.matrix[rows], explanation.contributions[rows, :-1], None,
        )  # fmt: skip

    @property
    def importance(self) -> Floats:
        """(columns,) the mean absolute contribution, log-odds."""
        return np.asarray(np.abs(self.contributions).mean(axis=0))

    def order(self) -> NDArray[np.intp]:
        """(columns,) the indices of the features, the most important first."""
        return np.argsort(-self.importance, kind="stable")

    def to_dict(self) -> dict[str, Any]:
        """For the card: the most important features, the largest first, and the strongest interaction."""
        importance, pair = self.importance, self.interaction
        drivers = [
            {
                "feature": self.names[index],
                "importance": float(importance[index]),
                "reason": self.reasons[index],
            }
            for index in self.order()[:IN_CARD]
        ]
        size = None if pair is None else {"features": [pair[0], pair[1]], "size": pair[2]}
        return {"drivers": drivers, "interaction": size}

    def to_table(self) -> pa.Table:
        """One row a snapshot: `value: <feature>` and `contribution: <feature>`; all else as metadata."""
        columns: dict[str, NDArray[Any]] = {
            f"value: {name}": self.matrix[:, index] for index, name in enumerate(self.names)
        }
        columns |= {
            f"contribution: {name}": self.contributions[:, index] for index, name in enumerate(self.names)
        }
        about = {"reasons": self.reasons, "levels": dict(self.levels), "interaction": self.interaction}
        return pa.table(columns).replace_schema_metadata({"drivers": json.dumps(about)})

    @classmethod
    def from_table(cls, table: pa.Table) -> "Drivers":
        """From `to_table`."""
        about = json.loads(table.schema.metadata[b"drivers"])
        names = [name.removeprefix("value: ") for name in table.column_names if name.startswith("value: ")]

        def stacked(prefix: str) -> NDArray[Any]:
            parts = [table[f"{prefix}: {name}"].to_numpy() for name in names]
            return np.column_stack(parts) if parts else np.empty((table.num_rows, 0))

        pair = about["interaction"]
        return cls(
            tuple(names), tuple(about["reasons"]),
            {name: tuple(levels) for name, levels in about["levels"].items()}, stacked("value"),
            stacked("contribution"), None if pair is None else (pair[0], pair[1], pair[2]),
        )  # fmt: skip


def explain_sample(bundle: Bundle, sample: pa.Table) -> Drivers:
    """Explain a sample of snapshots (see `sample_last_date`) and find the strongest interaction."""
    explanation = explain(bundle, sample)
    drivers = Drivers.of(bundle, explanation)
    pair = strongest_interaction(bundle, explanation.matrix, drivers.importance)
    if pair is None:
        return drivers
    first, second, size = pair
    return dataclasses.replace(drivers, interaction=(drivers.names[first], drivers.names[second], size))


def sample_last_date(rows: pa.Table, seed: int) -> pa.Table:
    """A random sample of at most EXPLAINED rows of the last as-of date, in their original order."""
    last = rows.filter(pc.equal(rows["as_of"], pc.max(rows["as_of"])))
    drawn = np.random.default_rng(seed).permutation(last.num_rows)[:EXPLAINED]
    return last.take(pa.array(np.sort(drawn)))
