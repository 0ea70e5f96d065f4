"""Models, and which of them is the champion.

models/<version>/bundle/…                   the model itself: LightGBM text, JSON, Parquet
models/<version>/card.json                  what it showed on the test, its grade, the gate's decision
models/<version>/training_spec.json         what it is trained by beside its data
models/<version>/test_predictions.parquet   the test, so that anyone can recompute the card
models/<version>/profile.parquet            what it was trained on, in a few numbers a column
models/<version>/drivers.parquet            contributions of a sample of snapshots, for the plots
models/<version>/peers.parquet         quantiles of customers who stayed, with whom reasons compare
models/<version>/report.html, plots/*.png   pages, made from the files above
models/champion → <version>                 the model in use
models/promotions.jsonl                     every decision of the gate, one JSON object a line
models/.tuning/<version>/*.npz              fits of a search that is not over
"""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.errors import NoFitModel
from holdfast.evaluation.champion import Champion
from holdfast.explain.drivers import Drivers
from holdfast.explain.peers import PeerGroups
from holdfast.files import (
    point_link,
    read_files,
    read_json,
    replacing,
    write_bytes,
    write_json,
    write_text,
)
from holdfast.model.bundle import Bundle
from holdfast.model.cross_validation import FoldResult
from holdfast.model.trainer import Logits
from holdfast.monitor.profile import Profile
from holdfast.monitor.scores import ScoreReference, refer

CARD, SPEC = "card.json", "training_spec.json"
PROFILE, PREDICTIONS, DRIVERS = "profile.parquet", "test_predictions.parquet", "drivers.parquet"
BUNDLE, PEERS = "bundle", "peers.parquet"
OLD_SPEC = "recipe.json"  # of models before 0.2


class Model(Artifact):
    """A trained model; the manifest holds version, as_of and the gate's decision with its reasons."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return models_folder(root) / f"{key.day}-{key.fingerprint[:8]}"

    @property
    def version(self) -> str:
        """Its name: the as-of date and the beginning of its fingerprint."""
        return self.folder.name

    @property
    def gate(self) -> dict[str, Any]:
        """The gate's decision (`promoted` or `kept`) and its reasons."""
        found: dict[str, Any] = self.manifest["gate"]
        return found

    def digest(self) -> Any:
        """What scores and their monitoring depend on: not the card, nor its pages."""
        return {"version": self.version, **self.hashes(f"{BUNDLE}/", PROFILE, PREDICTIONS, PEERS)}

    def bundle(self) -> Bundle:
        """The model itself."""
        return Bundle.from_files(read_files(self.folder / BUNDLE))

    def card(self) -> dict[str, Any]:
        """The model card."""
        found: dict[str, Any] = read_json(self.folder / CARD)
        return found

    def training_spec(self) -> dict[str, Any] | None:
        """What it was trained by, as JSON holds it; None: only its card says."""
        found: dict[str, Any] | None = read_json(self.folder / SPEC) or read_json(self.folder / OLD_SPEC)
        return found

    def as_champion(self) -> Champion:
        """As a challenger meets it."""
        try:
            bundle = self.bundle()
        except NoFitModel:  # of another version of Holdfast
            bundle = None
        return Champion(self.as_of, bundle, self.training_spec(), self.card())

    def test_predictions(self) -> pa.Table | None:
        """The test (see `evaluation.test_set.tabulate`); None where it is gone."""
        path = self.folder / PREDICTIONS
        return pq.read_table(path) if path.is_file() else None

    def profile(self) -> Profile | None:
        """What it was trained on; None: it was trained before that was kept."""
        path = self.folder / PROFILE
        return Profile.from_table(pq.read_table(path)) if path.is_file() else None

    def score_reference(self) -> ScoreReference | None:
        """The probabilities of its test; None where they are gone."""
        test = self.test_predictions()
        if test is None:
            return None
        return refer(test["churn_probability"].to_numpy(), len(test["customer_id"].unique()))

    def peer_groups(self) -> PeerGroups:
        """The customers who stayed, with whom reasons compare.

        Raises:
            NoFitModel: the model was trained before that was kept.
        """
        path = self.folder / PEERS
        if not path.is_file():
            raise NoFitModel(
                "the model lacks the customers who stayed, with whom reasons compare",
                where=str(path), next_step="run: holdfast train",
            )  # fmt: skip
        return PeerGroups.from_table(pq.read_table(path))

    def drivers(self) -> Drivers:
        """The contributions of a sample of snapshots."""
        return Drivers.from_table(pq.read_table(self.folder / DRIVERS))


def models_folder(root: Root) -> Path:
    """One folder a model version, and the link to the champion."""
    return root.path / "models"


def champion_link(root: Root) -> Path:
    """The link that decides which version scores."""
    return models_folder(root) / "champion"


def promotions_file(root: Root) -> Path:
    """Every decision of the gate."""
    return models_folder(root) / "promotions.jsonl"


def write_model(
    folder: Path, *, bundle: Bundle, spec: dict[str, Any], card: dict[str, Any], predictions: pa.Table,
    profile: Profile, drivers: Drivers, peer_groups: PeerGroups,
) -> None:  # fmt: skip
    """Write all files of a model but its pages."""
    for name, content in bundle.to_files().items():
        write_bytes(folder / BUNDLE / name, content)
    write_json(folder / SPEC, spec)
    write_json(folder / CARD, card)
    pq.write_table(predictions, folder / PREDICTIONS)
    pq.write_table(profile.to_table(), folder / PROFILE)
    pq.write_table(drivers.to_table(), folder / DRIVERS, compression="zstd")
    pq.write_table(peer_groups.to_table(), folder / PEERS, compression="zstd")


# --- questions to the history ---------------------------------------------------------------------


def find_model(root: Root, version: str) -> Model | None:
    """A version of the model; None where it is gone."""
    return Model.open(models_folder(root) / version)


def find_champion(root: Root) -> Model | None:
    """The model in use; None: no model was promoted yet."""
    return Model.open(champion_link(root))


def read_champion(root: Root) -> Model:
    """The model in use.

    Raises:
        NoFitModel: no model was promoted yet.
    """
    champion = find_champion(root)
    if champion is None:
        promotions = promotions_file(root)
        if not promotions.exists():
            raise NoFitModel(
                "there is no model yet", where=str(champion_link(root)), next_step="run: holdfast train"
            )
        newest = json.loads(promotions.read_text(encoding="utf-8").splitlines()[-1])
        leak = newest.get("leak") or {}
        raise NoFitModel(
            "there is no champion: no model has passed the gate yet",
            where=str(champion_link(root)),
            found=f"{newest['version']} was kept: {newest['reasons'][0]}",
            next_step=leak.get("next_step")
            or f"train on more data, or with better columns; see {promotions}",
        )
    return champion


def decide_champion(root: Root, model: Model, at: dt.datetime, *, again: bool) -> bool:
    """Point the champion at a promoted model and write down the decision, once for each model.

    Args:
        again: decide again, though this model's decision is written down.

    Returns:
        Whether the decision was made now.
    """
    path = promotions_file(root)
    entries = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    decided = any(json.loads(entry)["fingerprint"] == model.fingerprint for entry in entries)
    if decided and not again:
        return False
    if model.gate["decision"] == "promoted":
        point_link(champion_link(root), model.folder)
    entry = {
        "version": model.version, "fingerprint": model.fingerprint,
        "at": at.isoformat(timespec="seconds"), **model.gate,
    }  # fmt: skip
    write_text(path, "\n".join([*entries, json.dumps(entry, sort_keys=True)]) + "\n")
    return True


# --- the search for better settings: what is done is kept until a model stands ------------------------


class TrialFits:
    """The fits of a search, so that one that is killed goes on where it was; nothing names a customer."""

    def __init__(self, root: Root, version: str) -> None:
        self.folder = models_folder(root) / ".tuning" / version

    def begun(self) -> bool:
        """Whether an earlier run has begun the search."""
        return self.folder.exists()

    def keep(self, key: str, fit: Callable[[], FoldResult]) -> FoldResult:
        """The fit that is kept under `key`, to the last bit; else a new one, which is kept."""
        path = self.folder / f"{key}.npz"
        if path.exists():
            with np.load(path) as kept:
                logits = Logits(kept["trees"], kept["logistic"], kept["churned"])
                return FoldResult(int(kept["best_iteration"]), logits)
        found = fit()
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, best_iteration=found.best_iteration, **vars(found.logits))
        return found


def forget_trials(root: Root) -> None:
    """Remove the fits of all searches."""
    shutil.rmtree(models_folder(root) / ".tuning", ignore_errors=True)
