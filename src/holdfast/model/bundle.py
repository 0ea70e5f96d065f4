"""A model and its files: LightGBM text and JSON, which run no code when they are read."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Self

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.errors import NoFitModel
from holdfast.model.calibration import Calibration
from holdfast.model.logistic import LogisticModel
from holdfast.model.matrix import Columns, Matrix, as_not_contacted, encode
from holdfast.model.trees import Trees
from holdfast.text.files import read_text_model, text_model_files
from holdfast.text.log import TextLog
from holdfast.text.model import TextModel

CONTENT = "bundle.json"
FORMAT = 2  # 1: before the logistic regression and the text model were fitted by scikit-learn

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Bundle:
    """Everything that turns features into churn probabilities.

    Attributes:
        columns: the columns of the matrix.
        trees, logistic: the two models that are blended.
        logistic_weight: 0 (trees alone) to 1; logit = (1 - weight) × trees + weight × logistic.
        calibration: from the logit to the probability.
        reasons: for each column, the reason code of a high contribution.
        text: computes the columns `text__…` from texts; None: the model has no text features.
    """

    columns: Columns
    trees: Trees
    logistic: LogisticModel
    logistic_weight: float
    calibration: Calibration
    reasons: tuple[str, ...]
    text: TextModel | None = None

    def predict(self, features: pa.Table | pd.DataFrame, texts: TextLog | None = None) -> Floats:
        """(rows,) calibrated churn probabilities.

        Args:
            texts: the customers' texts; None: the text features are null.

        Raises:
            NoFitModel: a column that the model was trained on is missing.
        """
        return self.calibration.apply(self.logits(self.matrix(features, texts)))

    def with_texts(self, features: pa.Table, texts: TextLog | None) -> pa.Table:
        """Add the model's text features; text features that the table already has are unchanged."""
        names = () if self.text is None else self.text.names
        present = [name for name in names if name in features.column_names]
        if self.text is None or len(present) == len(names):
            return features
        extended = self.text.add_features(features.drop_columns(present), texts)
        for name in present:
            extended = extended.set_column(extended.column_names.index(name), name, features[name])
        return extended

    def matrix(self, features: pa.Table | pd.DataFrame, texts: TextLog | None = None) -> Matrix:
        """The model's columns in the model's order."""
        if isinstance(features, pd.DataFrame):
            features = pa.Table.from_pandas(features, preserve_index=False)
        features = as_not_contacted(self.with_texts(features, texts), self.columns)
        present = set(features.column_names)  # which Arrow lists anew at each call
        missing = [name for name in self.columns.names if name not in present]
        if missing:
            raise NoFitModel(
                "the model was trained on columns that this source does not give",
                found=f"{len(missing)} missing, such as {', '.join(missing[:3])}",
                next_step="map the same tables and columns, and set features.*, as in training; or train "
                "again, with gate.allow_less_data=true where the model is to do without them",
            )
        return encode(features, self.columns)

    def logits(self, matrix: Matrix) -> Floats:
        """(rows,) log-odds before calibration."""
        return blend(self.trees.logits(matrix), self.logistic.logits(matrix), self.logistic_weight)

    def contributions(self, matrix: Matrix) -> Floats:
        """(rows, columns + 1) exact Shapley values of the logit; last the base value.

        Raises:
            AssertionError: base value and contributions do not add up to the logit.
        """
        parts = self.trees.contributions(matrix), self.logistic.contributions(matrix)
        contributions = blend(*parts, self.logistic_weight)
        if not np.allclose(contributions.sum(axis=1), self.logits(matrix), rtol=1e-5, atol=1e-5):
            raise AssertionError("base value and contributions do not add up to the logit")
        return contributions

    def to_files(self) -> dict[str, bytes]:
        """The bundle as files: name → content."""
        content = {
            "format": FORMAT,
            "n_bags": len(self.trees.boosters),
            "columns": dataclasses.asdict(self.columns),
            "logistic": dataclasses.asdict(self.logistic),
            "logistic_weight": self.logistic_weight,
            "calibration": dataclasses.asdict(self.calibration),
            "reasons": self.reasons,
        }
        text = json.dumps(content, indent=1, sort_keys=True, default=np.ndarray.tolist)
        boosters = {
            booster_file(bag): booster.model_to_string().encode()
            for bag, booster in enumerate(self.trees.boosters)
        }
        texts = {} if self.text is None else text_model_files(self.text)
        return {CONTENT: text.encode(), **boosters, **texts}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Self:
        """Read the files of `to_files`.

        Raises:
            NoFitModel: there is no bundle, or it has another format.
        """
        if CONTENT not in files:
            raise NoFitModel(
                "there is no model bundle", found=", ".join(files), next_step="run: holdfast train"
            )
        content: dict[str, Any] = json.loads(files[CONTENT])
        if content.get("format") != FORMAT:
            raise NoFitModel(
                "the bundle was written by another version of Holdfast",
                found=f"format {content.get('format')}",
                expected=f"format {FORMAT}",
                next_step="run: holdfast train",
            )
        boosters = [files[booster_file(bag)].decode() for bag in range(content["n_bags"])]
        return cls(
            Columns.from_dict(content["columns"]),
            Trees(tuple(lgb.Booster(model_str=booster) for booster in boosters)),
            LogisticModel.from_dict(content["logistic"]),
            content["logistic_weight"],
            Calibration(**content["calibration"]),
            tuple(content["reasons"]),
            read_text_model(files),
        )


def blend(trees: Floats, logistic: Floats, logistic_weight: float) -> Floats:
    """The weighted mean of both models."""
    return (1 - logistic_weight) * trees + logistic_weight * logistic


def booster_file(bag: int) -> str:
    """The name of the file of one booster."""
    return f"booster_{bag:02}.txt"
