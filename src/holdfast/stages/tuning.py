"""The search for better settings within a training: its clock, what is kept of it on disk, its runs.

A search that is killed is gone through again by the next `train` of the same data, settings and code: what it
proposes follows from the seed, and fits that are done are read from `models/.tuning/`. Nothing in there
names a customer.
"""

import importlib.metadata
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.job import Job
from holdfast.model.cross_validation import FoldResult
from holdfast.model.trainer import Logits
from holdfast.model.tuning import TrialResult, Tuner
from holdfast.storage import writing
from holdfast.tracking import Run


def searched_with(job: Job) -> dict[str, Any]:
    """What decides a search beside what decides any training; nothing where none is asked for."""
    if not job.config.tuning.n_trials:
        return {}
    return {"tuning": job.config.tuning.model_dump(), "optuna": importlib.metadata.version("optuna")}


def open_tuner(job: Job, run: Run, version: str) -> Tuner | None:
    """The search that `tuning` asks for; None: none."""
    settings, folder = job.config.tuning, job.layout.trials / version
    if not settings.n_trials:
        return None
    started = time.monotonic()
    if folder.exists():
        job.say("the search for better settings goes on where it was")

    def keep(key: str, make: Callable[[], FoldResult]) -> FoldResult:
        path = folder / f"{key}.npz"
        if path.exists():
            return read_fit(path)
        fit = make()
        write_fit(path, fit)
        return fit

    def told(one: TrialResult) -> None:
        job.say(f"trial {one.number + 1} of {settings.n_trials}: {in_words(one)}")
        with run.child(f"trial {one.number}") as trial:
            trial.params(one.params)
            trial.tags({"holdfast.state": one.state})
            for fold, loss in enumerate(one.losses):
                trial.metrics({"fold_log_loss": loss}, step=fold)
            trial.metrics({"log_loss": one.loss})

    return Tuner(settings, lambda: time.monotonic() - started, keep, told)


def in_words(one: TrialResult) -> str:
    """How a trial ended, in a line."""
    changes = ", ".join(f"{name} {value:g}" for name, value in one.params.items())
    return f"log loss {one.loss:.5f} on {len(one.losses)} folds, {one.state}: {changes}"


def write_fit(path: Path, fit: FoldResult) -> None:
    """Keep a fit: arrays alone."""
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, best_iteration=fit.best_iteration, **vars(fit.logits))


def read_fit(path: Path) -> FoldResult:
    """What `write_fit` wrote, to the last bit."""
    with np.load(path) as found:
        logits = Logits(found["trees"], found["logistic"], found["churned"])
        return FoldResult(int(found["best_iteration"]), logits)


def forget_fits(job: Job) -> None:
    """Remove what was kept of searches: a model stands."""
    shutil.rmtree(job.layout.trials, ignore_errors=True)
