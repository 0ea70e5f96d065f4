"""The pictures and the page of a trained model, from its predictions and contributions."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from holdfast.evaluation.card import Test
from holdfast.explain.explanations import Explanation, explain
from holdfast.model.bundle import Bundle
from holdfast.reports.drivers import beeswarm_figure, importance_figure
from holdfast.reports.model import write_model_report
from holdfast.reports.plots import calibration_figure, gain_figure, lift_figure
from holdfast.reports.style import save
from holdfast.text.log import TextLog

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPLAINED = 2000  # snapshots in the plots of drivers


def draw_model(
    out: Path, card: Mapping[str, Any], test: Test, bundle: Bundle, table: pa.Table, seed: int,
    texts: TextLog | None = None,
) -> None:  # fmt: skip
    """Write plots/*.png and report.html of a model into its folder.

    Args:
        test: the test rows with everybody's predictions.
        table: the labelled rows; the drivers are drawn from a sample of the newest date's.
        texts: what their customers wrote.
    """
    plots = {
        "gain": gain_figure(test.churned, test.probability, test.baselines),
        "lift": lift_figure(test.churned, test.probability, test.baselines),
        "calibration": calibration_figure(test.churned, test.probability),
    }
    drawn = save_all(out / "plots", plots)
    newest = table.filter(pa.compute.equal(table["as_of"], pa.compute.max(table["as_of"])))
    rows = np.random.default_rng(seed).permutation(newest.num_rows)[:EXPLAINED]
    sample = bundle.with_texts(newest.take(pa.array(np.sort(rows))), texts)
    drawn |= draw_drivers(out / "plots", bundle, explain(bundle, sample))
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
