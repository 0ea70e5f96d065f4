"""What some rows teach, one fit of both parts on them, and what comes of it on others."""

import dataclasses
from collections.abc import Callable
from functools import partial

import lightgbm as lgb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.errors import DataRefused
from holdfast.model.bundle import mix
from holdfast.model.calibration import Calibration, anchor, fit_calibration
from holdfast.model.linear import Linear, fit_linear
from holdfast.model.matrix import Columns, Matrix, encode, learn_columns, left_alone
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import Trees, bin_rows, fit_bag, run_all
from holdfast.text.learned import PREFIX, Corpus, Judged

LEVEL_ROWS = 20_000  # fitted rows that set the level of the probabilities

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


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
        binned: the same for LightGBM.
        judged: all texts, by what these rows alone taught of texts; None: no texts are read.
    """

    columns: Columns
    matrix: Matrix
    churned: Floats
    binned: lgb.Dataset
    judged: Judged | None

    def without_texts(self) -> list[int]:
        """The places of the columns that are not made of texts."""
        return [place for place, name in enumerate(self.columns.names) if not name.startswith(PREFIX)]

    def encode(self, rows: pa.Table, *, alone: bool = True) -> tuple[Matrix, Floats]:
        """Matrix and labels of other rows.

        Args:
            alone: as if nobody were contacted (see `matrix.left_alone`): what is predicted. Else as it was:
                what labels of the contacted can be held against.
        """
        rows = with_texts(rows, self.judged)
        rows = left_alone(rows, self.columns) if alone else rows
        return encode(rows, self.columns), rows["churned"].to_numpy()


@dataclasses.dataclass(frozen=True)
class Fit:
    """Both parts, fitted on the same rows."""

    trees: Trees
    linear: Linear

    def margins(self, matrix: Matrix, churned: Floats) -> Margins:
        """The margins of rows as `Prepared.encode` gives them."""
        return Margins(self.trees.margin(matrix), self.linear.margin(matrix), churned)


def with_texts(rows: pa.Table, judged: Judged | None) -> pa.Table:
    """Rows with what is made of their customers' texts."""
    return rows if judged is None else judged.extend(rows)


@dataclasses.dataclass(frozen=True)
class Fitter:
    """Fits on any rows of one table.

    Attributes:
        features: customer_id, as_of, churned (never null) and the features.
        seed: everything random follows from it.
        threads: None: as many as the machine has.
        say: told what is being done.
        corpus: None: no texts are read.
    """

    features: pa.Table
    settings: ModelSettings
    seed: int
    threads: int | None
    say: Callable[[str], None]
    corpus: Corpus | None

    def take(self, rows: Rows) -> pa.Table:
        """Some rows of the table."""
        return self.features.take(pa.array(rows))

    def prepare(self, rows: Rows) -> Prepared:
        """What these rows teach: of texts, columns and levels; the matrix, the labels.

        Raises:
            DataRefused: no feature tells one row from another.
        """
        taken = self.take(rows)
        judged = None if self.corpus is None else self.corpus.learn(taken)
        taken = with_texts(taken, judged)
        columns = learn_columns(taken, self.settings.most_levels)
        if not columns.names:
            raise DataRefused(
                "there is nothing to learn: all customers look the same",
                found=f"{taken.num_rows:,} snapshots, no feature with two values",
                next_step="map more tables and columns, or switch on more families in conf/features/",
            )
        matrix, churned = encode(taken, columns), taken["churned"].to_numpy()
        return Prepared(columns, matrix, churned, bin_rows(matrix, churned, columns, self.settings), judged)

    def fit(self, rows: Prepared, rounds: int) -> Fit:
        """Fit with as many trees as the folds decided."""
        return self.fit_beside(rows, rounds, None)[0]

    def fit_beside(self, rows: Prepared, rounds: int, only: list[int] | None) -> tuple[Fit, Trees | None]:
        """The same, and beside it one bag of trees on the columns at `only` alone; None: no such bag.

        The logistic regression takes about as long as a bag: it is one of the tasks, not a step after them.
        """
        settings, said = self.settings, f"{len(rows.churned):,} rows, {rounds} trees"

        def bag(number: int, some: list[int] | None = None) -> lgb.Booster:
            found = fit_bag(rows.binned, settings, rounds=rounds, seed=self.seed + number, only=some)
            what = "a bag without texts" if some is not None else f"bag {number + 1} of {settings.bags}"
            self.say(f"{what}: {said}")
            return found

        def line() -> Linear:
            return fit_linear(rows.matrix, rows.churned, rows.columns, settings.linear_strength)

        bags = [partial(bag, number) for number in range(settings.bags)]
        bare = [] if only is None else [partial(bag, 0, only)]
        *boosters, linear = run_all([*bags, *bare, line], self.threads)
        fit = Fit(Trees(tuple(boosters[: settings.bags])), linear)
        return fit, None if only is None else Trees((boosters[-1],))

    def calibrate(self, fit: Fit, rows: Prepared, linear_share: float, judged: Margins) -> Calibration:
        """The slope from rows that were judged, the level from (a sample of) the rows that were fitted on."""
        spread = fit_calibration(judged.mixed(linear_share), judged.churned)
        seen = fit.margins(*level_rows(rows, self.seed))
        return anchor(spread, seen.mixed(linear_share), seen.churned)


def level_rows(rows: Prepared, seed: int) -> tuple[Matrix, Floats]:
    """Matrix and labels of the fitted rows, or of a sample of them."""
    count = len(rows.churned)
    if count <= LEVEL_ROWS:
        return rows.matrix, rows.churned
    drawn = np.sort(np.random.default_rng(seed).choice(count, LEVEL_ROWS, replace=False))
    return rows.matrix[drawn], rows.churned[drawn]
