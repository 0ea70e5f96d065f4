"""A model as files: LightGBM text and JSON, nothing that runs code when it is read."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.errors import NoFitModel
from holdfast.model.calibration import Calibration
from holdfast.model.linear import Linear
from holdfast.model.matrix import Columns, Matrix, encode, left_alone
from holdfast.model.trees import Trees
from holdfast.text.files import load_texts, save_texts
from holdfast.text.learned import TextModel
from holdfast.text.log import TextLog

FORMAT = 1

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Bundle:
    """Everything that turns features into churn probabilities.

    Attributes:
        columns: what the matrix holds.
        trees, linear: the two parts.
        linear_share: 0 (trees alone) to 1; margin = (1 - share) × trees + share × linear.
        calibration: from the margin to the probability.
        reasons: for each column, the reason code that a high contribution speaks for.
        text: what turns texts into the columns `text__…`; None: the model reads none.
    """

    columns: Columns
    trees: Trees
    linear: Linear
    linear_share: float
    calibration: Calibration
    reasons: tuple[str, ...]
    text: TextModel | None = None

    def predict(self, features: pa.Table | pd.DataFrame, texts: TextLog | None = None) -> Floats:
        """(rows,) calibrated churn probabilities.

        Args:
            texts: what the customers wrote; without it nobody is taken to be known to have written.

        Raises:
            NoFitModel: a column that the model was trained on is missing.
        """
        return self.calibration.apply(self.margin(self.matrix(features, texts)))

    def with_texts(self, features: pa.Table, texts: TextLog | None) -> pa.Table:
        """The features with the columns that the model makes of texts; those that are there stay."""
        given = () if self.text is None else tuple(n for n in self.text.names if n in features.column_names)
        if self.text is None or len(given) == len(self.text.names):
            return features
        extended = self.text.extend(features.drop_columns(list(given)), texts)
        for name in given:
            extended = extended.set_column(extended.column_names.index(name), name, features[name])
        return extended

    def matrix(self, features: pa.Table | pd.DataFrame, texts: TextLog | None = None) -> Matrix:
        """The model's columns in the model's order, whatever order they came in."""
        if isinstance(features, pd.DataFrame):
            features = pa.Table.from_pandas(features, preserve_index=False)
        features = left_alone(self.with_texts(features, texts), self.columns)
        missing = [name for name in self.columns.names if name not in features.column_names]
        if missing:
            raise NoFitModel(
                "the model was trained on columns that this source does not give",
                found=f"{len(missing)} missing, such as {', '.join(missing[:3])}",
                next_step="map the same tables and columns, and set features.*, as in training; or train "
                "again, with gate.accept_less=true where the model is to do with less than this one",
            )
        return encode(features, self.columns)

    def margin(self, matrix: Matrix) -> Floats:
        """(rows,) log-odds before calibration."""
        return mix(self.trees.margin(matrix), self.linear.margin(matrix), self.linear_share)

    def contributions(self, matrix: Matrix) -> Floats:
        """(rows, columns + 1): exact Shapley contributions to the margin; the last column is the base.

        Raises:
            AssertionError: base and contributions do not add up to the margin.
        """
        added = mix(self.trees.contributions(matrix), self.linear.contributions(matrix), self.linear_share)
        if not np.allclose(added.sum(axis=1), self.margin(matrix), rtol=1e-5, atol=1e-5):
            raise AssertionError("base and contributions do not add up to the margin")
        return added

    def save(self, folder: Path) -> None:
        """Write the bundle into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for bag, booster in enumerate(self.trees.boosters):
            (folder / f"booster_{bag:02}.txt").write_text(booster.model_to_string(), encoding="utf-8")
        content = {
            "format": FORMAT,
            "bags": len(self.trees.boosters),
            "columns": self.columns.to_dict(),
            "linear": self.linear.to_dict(),
            "linear_share": self.linear_share,
            "calibration": self.calibration.to_dict(),
            "reasons": list(self.reasons),
        }
        if self.text is not None:
            save_texts(self.text, folder)
        (folder / "bundle.json").write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")


def mix(trees: Floats, linear: Floats, linear_share: float) -> Floats:
    """The two parts together."""
    return (1 - linear_share) * trees + linear_share * linear


def load(folder: Path) -> Bundle:
    """Read a bundle that `Bundle.save` wrote.

    Raises:
        NoFitModel: there is none, or one of another format.
    """
    path = folder / "bundle.json"
    if not path.is_file():
        raise NoFitModel("there is no model bundle", where=str(folder), next_step="run: holdfast train")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if content.get("format") != FORMAT:
        raise NoFitModel(
            "the bundle was written by another version of Holdfast",
            where=str(path),
            found=f"format {content.get('format')}",
            expected=f"format {FORMAT}",
            next_step="run: holdfast train",
        )
    boosters = tuple(
        lgb.Booster(model_str=(folder / f"booster_{bag:02}.txt").read_text(encoding="utf-8"))
        for bag in range(content["bags"])
    )
    return Bundle(
        Columns.from_dict(content["columns"]),
        Trees(boosters),
        Linear.from_dict(content["linear"]),
        float(content["linear_share"]),
        Calibration.from_dict(content["calibration"]),
        tuple(content["reasons"]),
        load_texts(folder),
    )
