"""The fits of a hyperparameter search, kept until the model is finished.

models/.tuning/<version>/*.npz   the fits of an unfinished search
"""

import logging
import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.models import models_folder
from holdfast.files import replacing
from holdfast.model.settings import TuningSettings

if TYPE_CHECKING:
    from holdfast.model.cross_validation import FoldResult
    from holdfast.model.tuning import Tuner

logger = logging.getLogger(__name__)


class TrialFits:
    """The fits of a hyperparameter search, kept so that a killed search can resume; no customer ids."""

    def __init__(self, root: Root, version: str) -> None:
        self.folder = models_folder(root) / ".tuning" / version

    def begun(self) -> bool:
        """Whether an earlier run started the search."""
        return self.folder.exists()

    def keep(self, key: str, fit: "Callable[[], FoldResult]") -> "FoldResult":
        """The fit stored under `key`; if there is none, fit and store it."""
        import numpy as np

        from holdfast.model.cross_validation import FoldResult
        from holdfast.model.trainer import Logits

        path = self.folder / f"{key}.npz"
        if path.exists():
            with np.load(path) as kept:
                logits = Logits(kept["trees"], kept["logistic"], kept["churned"])
                return FoldResult(int(kept["best_iteration"]), logits)
        result = fit()
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, best_iteration=result.best_iteration, **vars(result.logits))
        return result


def open_tuner(root: Root, version: str, settings: TuningSettings) -> "Tuner | None":
    """A hyperparameter search that keeps its fits, so that it can resume; None if tuning is off."""
    from holdfast.model.tuning import Tuner

    if not settings.n_trials:
        return None
    fits, began = TrialFits(root, version), time.monotonic()
    if fits.begun():
        logger.info("resuming the search for better settings")
    return Tuner(settings, lambda: time.monotonic() - began, fits.keep)


def forget_trials(root: Root) -> None:
    """Remove the stored fits of all searches."""
    shutil.rmtree(models_folder(root) / ".tuning", ignore_errors=True)
