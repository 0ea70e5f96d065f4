"""A bundle as a scikit-learn classifier that holds its files as plain data: what MLflow registers.

MLflow asks scikit-learn models alone for probabilities when it evaluates a classifier. skops stores this one
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
    """Features of customers in, their churn probabilities out.

    Columns are found by name, in any order, as numbers, texts or categories; others are ignored. Texts that
    customers wrote are personal data and no input. What the model makes of them is: the columns `text__…`.
    Those that are not given count as unknown, as if nobody were known to have written.
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
        """The files alone: the bundle is read from them."""
        return {"files": self.files}

    def __sklearn_is_fitted__(self) -> bool:
        return bool(self.files)

    def input_names(self) -> tuple[list[str], list[str]]:
        """The columns that must be given, and those that may: what the model makes of texts."""
        bundle = self._bundle
        texts = [] if bundle.text is None else list(bundle.text.names)
        return [name for name in bundle.columns.names if name not in texts], texts

    def levels(self, name: str) -> bool:
        """Whether a column holds texts rather than numbers."""
        return name in self._bundle.columns.levels or name == LANGUAGE

    def predict_proba(self, rows: Rows) -> NDArray[np.float64]:
        """(rows, 2): the probabilities to stay and to churn, each row in its place."""
        probability = self._bundle.predict(self._plain(rows))
        return np.column_stack([1 - probability, probability])

    def predict(self, rows: Rows) -> NDArray[np.int64]:
        """(rows,): 1 where churning is the more likely outcome."""
        return (self.predict_proba(rows)[:, 1] >= 0.5).astype(np.int64)

    def score(self, rows: Rows, churned: Any = None, sample_weight: Any = None) -> Any:
        """The churn probabilities as a frame of one column; given `churned`, scikit-learn's accuracy.

        MLflow's generic interface (`pyfunc`, `mlflow models serve`) calls this one.
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
