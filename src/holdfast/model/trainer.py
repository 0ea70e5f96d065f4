"""One fit of both models on some rows, and their logits on others."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.errors import DataRefused
from holdfast.model.bundle import blend
from holdfast.model.calibration import Calibration, fit_calibration, match_base_rate
from holdfast.model.logistic import LogisticModel, fit_logistic
from holdfast.model.matrix import Columns, Matrix, as_not_contacted, encode, select_columns
from holdfast.model.settings import ModelSettings
from holdfast.model.trees import Trees, fit_booster, make_dataset, parallel_map
from holdfast.text.model import PREFIX, Corpus, ScoredTexts

BASE_RATE_ROWS = 20_000  # sample of the fitted rows that sets the mean probability

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclasses.dataclass(frozen=True)
class Logits:
    """Logits of both models on rows that they were not fitted on, and the labels of these rows."""

    trees: Floats
    logistic: Floats
    churned: Floats

    def blend(self, logistic_weight: float) -> Floats:
        """(rows,) the weighted mean of both models."""
        return blend(self.trees, self.logistic, logistic_weight)


def concatenate(parts: Sequence[Logits]) -> Logits:
    """The rows of all parts."""
    names = ("trees", "logistic", "churned")
    return Logits(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Rows to fit on, encoded.

    Attributes:
        columns: the selected columns and their levels.
        matrix: (rows, columns)
        churned: (rows,) labels.
        dataset: the same rows binned for LightGBM.
        texts: all texts, scored by a text model that was fitted on these rows alone; None: no text features.
    """

    columns: Columns
    matrix: Matrix
    churned: Floats
    dataset: lgb.Dataset
    texts: ScoredTexts | None

    def encode(self, rows: pa.Table, *, not_contacted: bool = True) -> tuple[Matrix, Floats]:
        """Matrix and labels of other rows.

        Args:
            not_contacted: encode as if nobody were contacted, as for a prediction. False: keep the contact
                flag, since the labels include the effect of contacts.
        """
        rows = add_text_features(rows, self.texts)
        rows = as_not_contacted(rows, self.columns) if not_contacted else rows
        return encode(rows, self.columns), rows["churned"].to_numpy()

    def sample(self, seed: int) -> tuple[Matrix, Floats]:
        """Matrix and labels of at most `BASE_RATE_ROWS` rows."""
        count = len(self.churned)
        if count <= BASE_RATE_ROWS:
            return self.matrix, self.churned
        rows = np.sort(np.random.default_rng(seed).choice(count, BASE_RATE_ROWS, replace=False))
        return self.matrix[rows], self.churned[rows]


@dataclasses.dataclass(frozen=True)
class FittedModels:
    """Both models, fitted on the same rows; `ablation`: the first bag of trees without text features."""

    trees: Trees
    logistic: LogisticModel
    ablation: Trees | None = None

    def logits(self, matrix: Matrix, churned: Floats) -> Logits:
        """The logits of rows encoded by `TrainingData.encode`."""
        return Logits(self.trees.logits(matrix), self.logistic.logits(matrix), churned)


def add_text_features(rows: pa.Table, texts: ScoredTexts | None) -> pa.Table:
    """Add the customers' text features, if there are texts."""
    return rows if texts is None else texts.add_features(rows)


@dataclasses.dataclass(frozen=True)
class Trainer:
    """Fits models on any rows of one table.

    Attributes:
        features: customer_id, as_of, churned (never null) and the features.
        seed: the seed of all random samples.
        threads: the number of threads; None: all cores.
        progress: called with a message at each step.
        corpus: the customers' texts; None: no text features.
    """

    features: pa.Table
    settings: ModelSettings
    seed: int
    threads: int | None
    progress: Callable[[str], None]
    corpus: Corpus | None

    def take(self, rows: Rows) -> pa.Table:
        """Some rows of the table."""
        return self.features.take(pa.array(rows))

    def prepare(self, rows: Rows) -> TrainingData:
        """Fit the text model on these rows, select columns, encode and bin.

        Raises:
            DataRefused: no feature varies.
        """
        table = self.take(rows)
        texts = None if self.corpus is None else self.corpus.fit(table)
        table = add_text_features(table, texts)
        columns = select_columns(table, self.settings.max_levels)
        if not columns.names:
            raise DataRefused(
                "there is nothing to learn: all customers look the same",
                found=f"{table.num_rows:,} snapshots, no feature with two values",
                next_step="map more tables and columns, or switch on more families in conf/features/",
            )
        matrix, churned = encode(table, columns), table["churned"].to_numpy()
        dataset = make_dataset(matrix, churned, columns, self.settings)
        return TrainingData(columns, matrix, churned, dataset, texts)

    def fit(self, data: TrainingData, rounds: int, *, ablation: bool = False) -> FittedModels:
        """Fit both models.

        Args:
            rounds: boosting rounds, the number of trees a bag.
            ablation: also fit the first bag without text features, if there are texts.
        """
        settings, size = self.settings, f"{len(data.churned):,} rows, {rounds} trees"

        def fit_bag(number: int, columns: list[int] | None = None) -> lgb.Booster:
            seed = self.seed + number
            booster = fit_booster(data.dataset, settings, num_boost_round=rounds, seed=seed, columns=columns)
            bag = f"bag {number + 1} of {settings.n_bags}" if columns is None else "a bag without texts"
            self.progress(f"{bag}: {size}")
            return booster

        tasks: list[Callable[[], Any]] = [partial(fit_bag, number) for number in range(settings.n_bags)]
        non_text = [index for index, name in enumerate(data.columns.names) if not name.startswith(PREFIX)]
        if ablation and non_text and data.texts is not None:
            tasks.append(partial(fit_bag, 0, non_text))
        penalties = settings.logistic_C, settings.rfm_share
        tasks.append(partial(fit_logistic, data.matrix, data.churned, data.columns, *penalties))
        *boosters, logistic = parallel_map(lambda task: task(), tasks, self.threads)
        bags, without_texts = Trees(tuple(boosters[: settings.n_bags])), tuple(boosters[settings.n_bags :])
        return FittedModels(bags, logistic, Trees(without_texts) if without_texts else None)

    def calibrate(
        self, models: FittedModels, data: TrainingData, logistic_weight: float, held_out: Logits
    ) -> Calibration:
        """The slope from held-out rows, the offset from the rows that the models were fitted on."""
        calibration = fit_calibration(held_out.blend(logistic_weight), held_out.churned)
        fitted = models.logits(*data.sample(self.seed))
        return match_base_rate(calibration, fitted.blend(logistic_weight), fitted.churned)
