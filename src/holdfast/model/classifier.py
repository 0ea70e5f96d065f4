"""The scikit-learn classifier that MLflow registers; it holds the files of a bundle as plain data.

When MLflow evaluates a classifier, it asks only scikit-learn models for probabilities. skops stores this one
as JSON and bytes; nothing is pickled.
"""

import functools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score

from holdfast.model.bundle import Bundle
from holdfast.text.model import LANGUAGE

Rows = pd.DataFrame | NDArray[Any] | dict[str, Any]


class ChurnClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn publishes no types
    """Predicts churn probabilities from features of customers.

    Columns are selected by name, in any order, as numbers, texts or categories; others are ignored. The texts
    of customers are personal data and no input, but the text features `text__…` are. Missing text features
    count as unknown, as if no customer had written.
    """

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        """Args: files: name → bytes of the bundle's files."""
        self.files = files

    @property
    def classes_(self) -> NDArray[np.int64]:
        """0: stayed, 1: churned."""
        return np.array([0, 1])

    @functools.cached_property
    def _bundle(self) -> Bundle:
        return Bundle.from_files(self.files or {})

    def __getstate__(self) -> dict[str, Any]:
        """Only the files: the bundle is read from them."""
        return {"files": self.files}

    def __sklearn_is_fitted__(self) -> bool:
        return bool(self.files)

    def input_names(self) -> tuple[list[str], list[str]]:
        """The required columns, and the optional ones: the text features."""
        bundle = self._bundle
        texts = [] if bundle.text is None else list(bundle.text.names)
        return [name for name in bundle.columns.names if name not in texts], texts

    def levels(self, name: str) -> bool:
        """Whether a column holds texts rather than numbers."""
        return name in self._bundle.columns.levels or name == LANGUAGE

    def predict_proba(self, rows: Rows) -> NDArray[np.float64]:
        """(rows, 2): the probabilities to stay and to churn, in the order of the rows."""
        probability = self._bundle.predict(self._plain(rows))
        return np.column_stack([1 - probability, probability])

    def predict(self, rows: Rows) -> NDArray[np.int64]:
        """(rows,): 1 if churn is the more likely outcome."""
        return (self.predict_proba(rows)[:, 1] >= 0.5).astype(np.int64)

    def score(self, rows: Rows, churned: Any = None, sample_weight: Any = None) -> Any:
        """The churn probabilities as a frame of one column; with `churned`, scikit-learn's accuracy.

        MLflow's generic interface (`pyfunc`, `mlflow models serve`) calls this method.
        """
        if churned is not None:
            return accuracy_score(churned, self.predict(rows), sample_weight=sample_weight)
        index = rows.index if isinstance(rows, pd.DataFrame) else None
        return pd.DataFrame({"churn_probability": self.predict_proba(rows)[:, 1]}, index=index)

    def _plain(self, rows: Rows) -> pd.DataFrame:
        """The model's columns, texts as texts and all else as numbers."""
        required, texts = self.input_names()
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=[*required, *texts])
        columns: dict[str, Any] = {}
        for name in (*required, *texts):
            if name not in frame.columns:
                continue
            column = frame[name]
            if self.levels(name):
                plain = column.astype(object)
                columns[name] = plain.where(plain.notna(), None).astype("str")
            else:
                columns[name] = pd.to_numeric(column).astype("float32")
        return pd.DataFrame(columns, index=frame.index)
