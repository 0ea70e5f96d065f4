"""What MLflow keeps of every stage: runs, figures, datasets and the registered model.

`log.py` alone is imported by others. The files of this package alone import mlflow, inside the functions that
use it (it takes seconds), and only when there is something to send.
"""
