"""MLflow tracking of every stage: runs, metrics, datasets and the registered model.

Other packages import only `log.py`. Only this package imports mlflow, inside the functions that use it (the
import takes seconds) and only when there is something to send.
"""
