"""The pictures and the page of a trained model, from its predictions and contributions."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from holdfast.evaluation.model_card import TestSet
from holdfast.explain.explanations import Explanation, explain
from holdfast.explain.interactions import Interaction, strongest_interaction
from holdfast.model.bundle import Bundle
from holdfast.model.training import TrainingResult
from holdfast.reports.dependence import dependence_figure, interaction_figure
from holdfast.reports.drivers import beeswarm_figure, importance_figure
from holdfast.reports.model import write_model_report
from holdfast.reports.plots import calibration_figure, gain_figure, lift_figure
from holdfast.reports.season import season_figure
from holdfast.reports.style import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPLAINED = 2000  # snapshots in the plots of drivers
WRITTEN = 30  # features in the card
TOP = 6  # features with a dependence plot


@dataclasses.dataclass(frozen=True)
class Drivers:
    """What the model in use leans on.

    Attributes:
        explanation: of a sample of the newest date's customers.
        names, reasons: of the columns.
        interaction: the strongest.
    """

    explanation: Explanation
    names: tuple[str, ...]
    reasons: tuple[str, ...]
    interaction: Interaction | None

    @property
    def importance(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(columns,) mean size of the contributions, log-odds."""
        return np.asarray(np.abs(self.explanation.contributions[:, :-1]).mean(axis=0))

    def to_dict(self) -> dict[str, Any]:
        """For the card: the most important features, the largest first, and the strongest interaction."""
        order = np.argsort(-self.importance, kind="stable")[:WRITTEN]
        drivers = [
            {
                "feature": self.names[place],
                "importance": float(self.importance[place]),
                "reason": self.reasons[place],
            }
            for place in order
        ]
        pair = self.interaction
        shown = None
        if pair is not None:
            shown = {"features": [self.names[pair.first], self.names[pair.second]], "size": pair.size}
        return {"drivers": drivers, "interaction": shown}


def explain_newest(trained: TrainingResult, table: pa.Table, seed: int) -> Drivers:
    """Explain a sample of the newest date's labelled rows."""
    bundle = trained.bundle
    newest = table.filter(pa.compute.equal(table["as_of"], pa.compute.max(table["as_of"])))
    rows = np.random.default_rng(seed).permutation(newest.num_rows)[:EXPLAINED]
    sample = trained.with_texts(newest.take(pa.array(np.sort(rows))))
    explanation = explain(bundle, sample)
    loud = np.abs(explanation.contributions[:, :-1]).mean(axis=0)
    return Drivers(
        explanation,
        bundle.columns.names,
        bundle.reasons,
        strongest_interaction(bundle, explanation.matrix, loud),
    )


def draw_model(out: Path, card: Mapping[str, Any], test: TestSet, bundle: Bundle, drivers: Drivers) -> None:
    """Write plots/*.png and report.html of a model into its folder."""
    plots = {
        "gain": gain_figure(test.churned, test.probability, test.baselines),
        "lift": lift_figure(test.churned, test.probability, test.baselines),
        "calibration": calibration_figure(test.churned, test.probability),
        "season": season_figure(card["timeline"]["grid"], card["by_date"]),
    }
    matrix, added = drivers.explanation.matrix, drivers.explanation.contributions[:, :-1]
    top = [int(place) for place in np.argsort(-drivers.importance, kind="stable")[:TOP]]
    plots["dependence"] = dependence_figure(matrix, added, bundle.columns, top)
    if drivers.interaction is not None:
        pair = drivers.interaction.first, drivers.interaction.second
        plots["interaction"] = interaction_figure(matrix, added, bundle.columns, pair)
    drawn = save_all(out / "plots", plots)
    drawn |= draw_drivers(out / "plots", bundle, drivers.explanation)
    write_model_report(card, drawn, out / "report.html")


def draw_drivers(folder: Path, bundle: Bundle, explanation: Explanation) -> dict[str, Path]:
    """Write importance.png and beeswarm.png."""
    added, names = explanation.contributions[:, :-1], bundle.columns.names
    return save_all(
        folder,
        {
            "importance": importance_figure(added, names),
            "beeswarm": beeswarm_figure(added, explanation.matrix.astype(np.float64), names),
        },
    )


def save_all(folder: Path, figures: "Mapping[str, Figure]") -> dict[str, Path]:
    """Write figures as PNG files; their paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.png" for name in figures}
    for name, figure in figures.items():
        save(figure, paths[name])
    return paths
