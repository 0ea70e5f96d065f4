"""The registered model: the bundle as a scikit-learn classifier, its versions, and the champion."""

import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from holdfast.artifacts.models import Model
from holdfast.model.classifier import ChurnClassifier
from holdfast.runtime.code import NAME, PACKAGE, files_of, reachable
from holdfast.runtime.tracking.stores import Store

if TYPE_CHECKING:
    from holdfast.runtime.tracking.records import Record
    from holdfast.runtime.tracking.runs import Run

CHAMPION = "champion"
CLASSIFIER = f"{ChurnClassifier.__module__}.{ChurnClassifier.__name__}"

# The libraries that loading the model imports. Holdfast's code is logged with the model instead.
REQUIREMENTS = (
    "mlflow", "lightgbm", "numpy", "pandas", "pyarrow", "pydantic", "scikit-learn", "scipy", "skops",
)  # fmt: skip

# Lets the copied package and an installed Holdfast share one namespace: modules missing here are found there.
COMPLETED = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"

ABOUT = """Churn probabilities of Holdfast. The version with the alias `champion` is the one that scores.

```python
import mlflow, pandas as pd
model = mlflow.pyfunc.load_model("models:/{name}@champion")
rows = pd.read_parquet("data/scores/<as_of>/model_input")
model.predict(rows)["churn_probability"]
```

The probabilities are those of `data/scores/<as_of>/scores.parquet`.
"""


def set_champion(store: Store, registered_version: str) -> None:
    """Give the alias `champion` to a registered version."""
    store.client.set_registered_model_alias(store.registered_model, CHAMPION, registered_version)


def register_model(run: "Run", parent: "Run", model: Model, record: "Record") -> str:
    """Log a model and its training dataset, register it, and return the version's number.

    Args:
        parent: the command's run, which shows the dataset, too.
    """
    from mlflow.entities import LoggedModelOutput

    store, client = run.store, run.store.client
    classifier = ChurnClassifier(model.bundle().to_files())
    tags = {"holdfast.version": model.version}
    example, card = example_rows(model), model.card()
    for each in (run, parent):
        each.dataset(
            "model_input",
            {name: "string" if example[name].dtype == object else "double" for name in example.columns},
            rows=card["rows"]["refit"],
            digest=model.fingerprint,
            source=str(model.folder),
        )
    logged = client.create_logged_model(store.experiment_id, store.registered_model, run.id, tags)
    try:
        with tempfile.TemporaryDirectory(prefix="holdfast-") as temporary:
            folder = Path(temporary) / "model"
            _save(folder, classifier, example, run.id, logged, copy_code(Path(temporary) / "code"))
            client.log_model_artifacts(logged.model_id, str(folder))
    except BaseException:
        client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run.id, [LoggedModelOutput(logged.model_id, step=0)])
    _ensure_registered_model(store)
    registered = client.create_model_version(
        store.registered_model,
        source=logged.artifact_location,  # a database store would look up `models:/` elsewhere
        run_id=run.id,
        tags={**tags, **{f"holdfast.{name}": card[name] for name in ("as_of", "grade")}},
        description=record.description,
        model_id=logged.model_id,
    )
    return str(registered.version)


def _ensure_registered_model(store: Store) -> None:
    from mlflow.exceptions import MlflowException

    try:
        about = ABOUT.format(name=store.registered_model)
        store.client.create_registered_model(store.registered_model, description=about)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _save(
    folder: Path, classifier: ChurnClassifier, example: pd.DataFrame, run_id: str, logged: Any, code: Path
) -> None:
    """Write the model in MLflow's format: files, code, signature, example."""
    from mlflow.models import Model as LoggedModel
    from mlflow.sklearn import SERIALIZATION_FORMAT_SKOPS, save_model

    required, texts = classifier.input_names()
    save_model(
        classifier,
        path=str(folder),
        serialization_format=SERIALIZATION_FORMAT_SKOPS,
        skops_trusted_types=[CLASSIFIER],
        pyfunc_predict_fn="score",
        code_paths=[str(code)],
        signature=_signature(required, texts),
        metadata={"texts": _about(len(texts))},
        input_example=example,
        pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        mlflow_model=LoggedModel(
            artifact_path=logged.artifact_location,
            model_uuid=logged.model_id,
            run_id=run_id,
            model_id=logged.model_id,
        ),
    )


def copy_code(folder: Path) -> Path:
    """Copy the modules of Holdfast that predictions need, and return the folder of the copied package."""
    modules = reachable(ChurnClassifier.__module__, without=())
    for file in files_of(modules) | {PACKAGE / "__init__.py"}:
        copied = folder / NAME / file.relative_to(PACKAGE)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)
        if copied.name == "__init__.py":
            copied.write_text(copied.read_text(encoding="utf-8") + COMPLETED, encoding="utf-8")
    return folder / NAME


def example_rows(model: Model) -> pd.DataFrame:
    """Customers who do not exist: the quartiles of every number, the most frequent level of every text."""
    drivers = model.drivers()
    columns: dict[str, Any] = {}
    for index, name in enumerate(drivers.names):
        values = drivers.matrix[:, index]
        finite = values[np.isfinite(values)]
        if name in drivers.levels:
            codes = np.bincount(finite.astype(np.intp)) if len(finite) else np.array([])
            level = drivers.levels[name][int(codes.argmax())] if len(codes) else None
            columns[name] = pd.Series([level] * 3, dtype=object)
        else:
            columns[name] = np.quantile(finite, [0.25, 0.5, 0.75]) if len(finite) else np.full(3, np.nan)
    return pd.DataFrame(columns)


def _about(texts: int) -> str:
    """The note on texts in the model's metadata."""
    if not texts:
        return "the model reads no texts"
    return (
        f"the model makes {texts} columns text__… of what customers wrote; they are optional inputs. "
        "What is not given counts as unknown: then the probabilities are not those of `holdfast score`"
    )


def _signature(required: list[str], texts: list[str]) -> Any:
    """The signature: features are required, text features are optional.

    All inputs have the type `any`: MLflow would refuse pandas' categories, and integers in place of floats.
    The classifier converts them.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec
    from mlflow.types.schema import AnyType

    anything = AnyType()  # type: ignore[no-untyped-call]  # MLflow's own
    inputs: list[ColSpec | TensorSpec] = [ColSpec(anything, name) for name in required]
    inputs += [ColSpec(anything, name, required=False) for name in texts]
    return ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double, "churn_probability")]))
