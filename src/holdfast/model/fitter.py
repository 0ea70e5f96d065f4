"""One fit of both parts on some rows, and what comes of it on others."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.errors import DataRefused
from holdfast.model.bundle import mix
from holdfast.model.calibration import Calibration, anchor, fit_calibration
from holdfast.model.division import Trial
from holdfast.model.linear import Linear, fit_linear
from holdfast.model.matrix import Columns, Matrix, encode, learn_columns
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import Trees, find_rounds, fit_trees
from holdfast.text.learned import PREFIX, Corpus, Judged

ANCHOR_ROWS = 50_000

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Margins:
    """Margins of rows later than (or of other customers than) those of their fit."""

    trees: Floats
    linear: Floats
    churned: Floats

    def mixed(self, linear_share: float) -> Floats:
        """(rows,) both parts together."""
        return mix(self.trees, self.linear, linear_share)


def pool(parts: list[Margins]) -> Margins:
    """Several sets of margins as one."""
    return Margins(
        np.concatenate([part.trees for part in parts]),
        np.concatenate([part.linear for part in parts]),
        np.concatenate([part.churned for part in parts]),
    )


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Rows to fit on, and what they taught before any fit.

    Attributes:
        columns: what is worth having, and levels.
        matrix: (rows, columns).
        churned: (rows,) labels.
        judged: all texts, by what these rows alone taught of texts; None: no texts are read.
    """

    columns: Columns
    matrix: Matrix
    churned: Floats
    judged: Judged | None

    def without_texts(self) -> list[int]:
        """The places of the columns that are not made of texts."""
        return [place for place, name in enumerate(self.columns.names) if not name.startswith(PREFIX)]

    def only(self, places: list[int]) -> "Prepared":
        """The same rows with some of the columns."""
        names = tuple(self.columns.names[place] for place in places)
        levels = {name: texts for name, texts in self.columns.levels.items() if name in names}
        return Prepared(Columns(names, levels), self.matrix[:, places], self.churned, self.judged)


@dataclasses.dataclass(frozen=True)
class Fit:
    """Both parts, fitted on some rows."""

    features: pa.Table
    columns: Columns
    trees: Trees
    linear: Linear
    judged: Judged | None

    def encode(self, rows: NDArray[np.intp]) -> tuple[Matrix, Floats]:
        """Matrix and labels of other rows."""
        taken = with_texts(self.features.take(pa.array(rows)), self.judged)
        return encode(taken, self.columns), taken["churned"].to_numpy()

    def margins(self, rows: NDArray[np.intp]) -> Margins:
        """The margins of other rows."""
        matrix, churned = self.encode(rows)
        return Margins(self.trees.margin(matrix), self.linear.margin(matrix), churned)


def with_texts(rows: pa.Table, judged: Judged | None) -> pa.Table:
    """Rows with what is made of their customers' texts."""
    return rows if judged is None else judged.extend(rows)


@dataclasses.dataclass(frozen=True)
class Fitter:
    """Fits on any rows of one table."""

    features: pa.Table
    settings: ModelSettings
    seed: int
    threads: int | None
    say: Callable[[str], None]
    corpus: Corpus | None

    def prepare(self, rows: NDArray[np.intp]) -> Prepared:
        """What these rows teach: of texts, columns and levels; the matrix, the labels.

        Raises:
            DataRefused: no feature tells one row from another.
        """
        taken = self.features.take(pa.array(rows))
        judged = None if self.corpus is None else self.corpus.learn(taken)
        taken = with_texts(taken, judged)
        columns = learn_columns(taken, self.settings.most_levels)
        if not columns.names:
            raise DataRefused(
                "there is nothing to learn: all customers look the same",
                found=f"{taken.num_rows:,} snapshots, no feature with two values",
                next_step="map more tables and columns, or switch on more families in conf/features/",
            )
        return Prepared(columns, encode(taken, columns), taken["churned"].to_numpy(), judged)

    def fit(self, rows: Prepared, rounds: int) -> Fit:
        """Fit with as many trees as the folds decided."""
        return self.finish(rows, self.fit_trees(rows, rounds, bags=self.settings.bags))

    def fit_trees(self, rows: Prepared, rounds: int, *, bags: int) -> Trees:
        """The trees alone."""
        return fit_trees(
            rows.matrix, rows.churned, rows.columns, self.settings,
            rounds=rounds, bags=bags, seed=self.seed, threads=self.threads, say=self.say,
        )  # fmt: skip

    def fit_stopped(self, trial: Trial) -> Fit:
        """Fit one bag on a fold, stopped early by the fold's later rows."""
        rows = self.prepare(trial.train)
        later = with_texts(self.features.take(pa.array(trial.judge)), rows.judged)
        trees = find_rounds(
            rows.matrix, rows.churned, encode(later, rows.columns), later["churned"].to_numpy(),
            rows.columns, self.settings, seed=self.seed,
        )  # fmt: skip
        return self.finish(rows, trees)

    def finish(self, rows: Prepared, trees: Trees) -> Fit:
        """The logistic regression beside the trees."""
        linear = fit_linear(rows.matrix, rows.churned, rows.columns, self.settings.linear_strength)
        return Fit(self.features, rows.columns, trees, linear, rows.judged)

    def calibrate(
        self, fit: Fit, rows: NDArray[np.intp], linear_share: float, judged: Margins
    ) -> Calibration:
        """The slope from rows that were judged, the level from (a sample of) the rows that were fitted on."""
        spread = fit_calibration(judged.mixed(linear_share), judged.churned)
        if len(rows) > ANCHOR_ROWS:
            rows = np.sort(np.random.default_rng(self.seed).choice(rows, ANCHOR_ROWS, replace=False))
        seen = fit.margins(rows)
        return anchor(spread, seen.mixed(linear_share), seen.churned)
