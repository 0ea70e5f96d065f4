"""Models, and which of them is the champion.

models/<version>/bundle/…                   the model itself: LightGBM text, JSON, Parquet
models/<version>/card.json                  the model card: test metrics, grade, the gate's decision
models/<version>/training_spec.json         the settings of the training
models/<version>/test_predictions.parquet   the test predictions, from which the card can be recomputed
models/<version>/profile.parquet            the distribution of each training column
models/<version>/drivers.parquet            contributions of a sample of snapshots, for the plots
models/<version>/peers.parquet              quantiles of customers who stayed; reasons compare with them
models/<version>/report.html, plots/*.png   pages, rendered from the files above
models/champion → <version>                 the model in use
models/promotions.jsonl                     every decision of the gate, one JSON object a line
"""

import datetime as dt
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.artifacts.tables import write_table
from holdfast.errors import NoFitModel
from holdfast.files import (
    append_json_line,
    point_link,
    read_files,
    read_json,
    read_json_lines,
    write_bytes,
    write_json,
)
from holdfast.storage import read_table

if TYPE_CHECKING:
    import pyarrow as pa

    from holdfast.evaluation.fit import FittedModel
    from holdfast.evaluation.inputs import Champion
    from holdfast.explain.drivers import Drivers
    from holdfast.explain.peers import PeerGroups
    from holdfast.model.bundle import Bundle
    from holdfast.monitor.profile import Profile
    from holdfast.monitor.scores import ScoreReference


CARD, SPEC = "card.json", "training_spec.json"
PROFILE, PREDICTIONS, DRIVERS = "profile.parquet", "test_predictions.parquet", "drivers.parquet"
BUNDLE, PEERS = "bundle", "peers.parquet"

logger = logging.getLogger(__name__)


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
        return dict(self.manifest["gate"])

    def digest(self) -> Any:
        """The files that scores and their monitoring depend on: not the card, nor its pages."""
        return {"version": self.version, **self.hashes(f"{BUNDLE}/", PROFILE, PREDICTIONS, PEERS)}

    def bundle(self) -> "Bundle":
        """The model itself."""
        from holdfast.model.bundle import Bundle

        return Bundle.from_files(read_files(self.folder / BUNDLE))

    def card(self) -> dict[str, Any]:
        """The model card."""
        return dict(read_json(self.folder / CARD))

    def training_spec(self) -> dict[str, Any]:
        """The settings of the training, as JSON; empty: they are gone."""
        return read_json(self.folder / SPEC) or {}

    def as_champion(self) -> "Champion":
        """The model as a challenger is compared with it."""
        from holdfast.evaluation.inputs import Champion

        try:
            bundle = self.bundle()
        except NoFitModel:  # another version of Holdfast wrote it
            bundle = None
        return Champion(self.as_of, bundle, self.training_spec(), self.card())

    def test_predictions(self) -> "pa.Table":
        """The test predictions (see `evaluation.test_set.tabulate`)."""
        return read_table(self.folder / PREDICTIONS)

    def profile(self) -> "Profile":
        """The distribution of each training column."""
        from holdfast.monitor.profile import Profile

        return Profile.from_table(read_table(self.folder / PROFILE))

    def score_reference(self) -> "ScoreReference | None":
        """The distribution of the test probabilities; None: the test is empty."""
        from holdfast.monitor.scores import refer

        test = self.test_predictions()
        return refer(test["churn_probability"].to_numpy(), len(test["customer_id"].unique()))

    def peer_groups(self) -> "PeerGroups":
        """The customers who stayed, with whom reasons compare."""
        from holdfast.explain.peers import PeerGroups

        return PeerGroups.from_table(read_table(self.folder / PEERS))

    def drivers(self) -> "Drivers":
        """The contributions of a sample of snapshots."""
        from holdfast.explain.drivers import Drivers

        return Drivers.from_table(read_table(self.folder / DRIVERS))


def models_folder(root: Root) -> Path:
    """One folder a model version, and the link to the champion."""
    return root.path / "models"


def champion_link(root: Root) -> Path:
    """The link that decides which version scores."""
    return models_folder(root) / "champion"


def promotions_file(root: Root) -> Path:
    """The log of the gate's decisions."""
    return models_folder(root) / "promotions.jsonl"


def write_model(folder: Path, fitted: "FittedModel") -> None:
    """Write all files of a model except its pages."""
    for name, content in fitted.trained.bundle.to_files().items():
        write_bytes(folder / BUNDLE / name, content)
    write_json(folder / SPEC, fitted.spec.to_dict())
    write_json(folder / CARD, fitted.card)
    write_table(fitted.predictions, folder / PREDICTIONS)
    references = fitted.references
    write_table(references.profile.to_table(), folder / PROFILE)
    write_table(references.drivers.to_table(), folder / DRIVERS)
    write_table(references.peer_groups.to_table(), folder / PEERS)


# --- history --------------------------------------------------------------------------------------


def find_model(root: Root, version: str) -> Model | None:
    """A model by its version; None: it is gone."""
    return Model.open(models_folder(root) / version)


def score_references(root: Root, versions: Iterable[str]) -> "dict[str, ScoreReference | None]":
    """The distribution of each model's test probabilities; None: the model or its test is gone."""
    models = {version: find_model(root, version) for version in versions}
    return {version: None if model is None else model.score_reference() for version, model in models.items()}


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
        if not (decisions := read_json_lines(promotions)):
            raise NoFitModel(
                "there is no model yet", where=str(champion_link(root)), next_step="run: holdfast train"
            )
        last = decisions[-1]
        leak = last.get("leak") or {}
        raise NoFitModel(
            "there is no champion: no model has passed the gate yet",
            where=str(champion_link(root)),
            found=f"{last['version']} was kept: {last['reasons'][0]}",
            next_step=leak.get("next_step")
            or f"train on more data, or with better columns; see {promotions}",
        )
    return champion


def decide_champion(root: Root, model: Model, at: dt.datetime, *, again: bool) -> bool:
    """Make a promoted model the champion and log the decision, once for each model.

    Args:
        again: log the decision even if this model already has one.

    Returns:
        Whether the decision was logged now.
    """
    path = promotions_file(root)
    if not again and any(entry["fingerprint"] == model.fingerprint for entry in read_json_lines(path)):
        return False
    if model.gate["decision"] == "promoted":
        point_link(champion_link(root), model.folder)
    entry = {
        "version": model.version, "fingerprint": model.fingerprint,
        "at": at.isoformat(timespec="seconds"), **model.gate,
    }  # fmt: skip
    append_json_line(path, entry)
    return True
