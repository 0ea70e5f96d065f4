"""What MLflow keeps of every stage: runs, figures, datasets and the registered model.

The files of this package alone import mlflow, inside the functions that use it (it takes seconds). With
tracking off every function still answers, with None where MLflow would have given an id.
"""

from holdfast.runtime.tracking.registry import champion_version, set_champion
from holdfast.runtime.tracking.runs import Run, run
from holdfast.runtime.tracking.settings import TrackingSettings
from holdfast.runtime.tracking.stores import connect, tracking_uri

__all__ = ["Run", "TrackingSettings", "champion_version", "connect", "run", "set_champion", "tracking_uri"]
