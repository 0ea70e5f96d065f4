"""The registered model, as code: MLflow runs this file to load it, so that nothing is pickled."""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from holdfast.files import read_files
from holdfast.model.bundle import Bundle


class ChurnModel(PythonModel):
    """Features of customers in, their churn probabilities out.

    Texts are personal data and no input here. What the model makes of them is: the columns `text__…`,
    optional in the signature. Those that are not given count as unknown, as if nobody were known to have
    written; then the probabilities are not those of `holdfast score`.
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle that was logged with this file."""
        self.bundle = Bundle.from_files(read_files(Path(context.artifacts["bundle"])))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row a row of features, in the same order: `churn_probability`, in [0, 1]."""
        del context, params
        probability = self.bundle.predict(model_input)
        return pd.DataFrame({"churn_probability": probability}, index=model_input.index)


set_model(ChurnModel())
