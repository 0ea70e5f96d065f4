"""The registered model: versions of the bundle, and which of them is the champion."""

import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.files import read_files
from holdfast.runtime.tracking.stores import Store, answering, connect
from holdfast.text.files import read_text_model
from holdfast.text.model import LANGUAGE

if TYPE_CHECKING:
    import pandas as pd

    from holdfast.runtime.tracking.settings import TrackingSettings

CHAMPION = "champion"
PACKAGE = Path(__file__).parents[2]
MODEL_FILE = Path(__file__).with_name("pyfunc.py")

# What loading the bundle imports. Holdfast's own code travels with the model, not as a requirement.
REQUIREMENTS = ("mlflow", "lightgbm", "numpy", "pandas", "pyarrow", "pydantic", "scikit-learn", "scipy")


def set_champion(settings: "TrackingSettings", root: Path, registered_version: str | None) -> None:
    """Let the alias `champion` follow the choice; nothing without tracking or a registered version."""
    if registered_version is None or (store := connect(settings, root)) is None:
        return
    with answering(store.uri):
        store.client.set_registered_model_alias(store.registered_model, CHAMPION, registered_version)


def champion_version(settings: "TrackingSettings", root: Path) -> str | None:
    """The registered version that bears the alias `champion`, if any."""
    if (store := connect(settings, root)) is None:
        return None
    from mlflow.exceptions import MlflowException

    with answering(store.uri):
        try:
            found = store.client.get_model_version_by_alias(store.registered_model, CHAMPION)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        return str(found.version)


def register_bundle(
    store: Store, run_id: str, bundle: Path, example: "pd.DataFrame", tags: Mapping[str, str]
) -> str:
    """Log the bundle as a model of the run and register it; gives the version's number."""
    from mlflow.entities import LoggedModelOutput

    client = store.client
    logged = client.create_logged_model(store.experiment_id, "model", run_id, dict(tags))
    try:
        with tempfile.TemporaryDirectory(prefix="holdfast-") as temporary:
            folder = Path(temporary) / "model"
            _save(folder, bundle, example, run_id, logged)
            client.log_model_artifacts(logged.model_id, str(folder))
    except BaseException:
        client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    _ensure_registered_model(store)
    made = client.create_model_version(
        store.registered_model,
        source=logged.artifact_location,  # a database store would look up `models:/` elsewhere
        run_id=run_id,
        tags=dict(tags),
        model_id=logged.model_id,
    )
    return str(made.version)


def _ensure_registered_model(store: Store) -> None:
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(store.registered_model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _save(folder: Path, bundle: Path, example: "pd.DataFrame", run_id: str, logged: Any) -> None:
    """Write the model as MLflow keeps it: this package's code file, the bundle, the signature."""
    from mlflow.models import Model
    from mlflow.pyfunc import save_model

    example, found = _at_boundary(example), read_text_model(read_files(bundle))
    texts = () if found is None else found.names
    save_model(
        path=str(folder),
        python_model=str(MODEL_FILE),
        artifacts={"bundle": str(bundle)},
        code_paths=[str(PACKAGE)],
        signature=_signature(example, texts),
        metadata={"texts": _about(texts)},
        input_example=example,
        pip_requirements=_requirements(),
        mlflow_model=Model(
            artifact_path=logged.artifact_location,
            model_uuid=logged.model_id,
            run_id=run_id,
            model_id=logged.model_id,
        ),
    )


def _at_boundary(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Numbers as float64, all else as plain strings: what a signature can express without surprises."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    plain = frame.reset_index(drop=True)
    for column in plain.columns:
        if is_numeric_dtype(plain[column]) or is_bool_dtype(plain[column]):
            plain[column] = plain[column].astype("float64")
        else:
            text = plain[column].astype(object)
            plain[column] = text.where(text.isna(), text.astype(str)).where(text.notna(), None)
    return plain


def _about(texts: Sequence[str]) -> str:
    """What the model's metadata says of texts."""
    if not texts:
        return "the model reads no texts"
    return (
        f"the model makes {len(texts)} columns text__… of what customers wrote; they are optional inputs. "
        "What is not given counts as unknown: then the probabilities are not those of `holdfast score`"
    )


def _signature(example: "pd.DataFrame", texts: Sequence[str]) -> Any:
    """The features, which must be there, and what the model makes of texts, which may."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.double if example[name].dtype == "float64" else DataType.string, name)
        for name in example.columns
        if name not in texts
    ]
    inputs += [
        ColSpec(DataType.string if name == LANGUAGE else DataType.double, name, required=False)
        for name in texts
    ]
    return ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double, "churn_probability")]))


def _requirements() -> list[str]:
    """The installed versions, read here: MLflow would start a process and import everything to guess."""
    pinned = []
    for name in REQUIREMENTS:
        try:
            pinned.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue
    return pinned
