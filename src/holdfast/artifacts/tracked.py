"""The MLflow run of each artifact in each tracking store, and the unsent artifacts: data/tracked.json.

Tracking is no part of a result, and no command waits for a store. If the store does not answer, the artifact
is queued here, and the next command sends its run.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from holdfast.artifacts.artifact import Root
from holdfast.files import read_json, write_text

KEPT = 20_000  # runs of one store; older ones are forgotten


class Tracked:
    """The runs of artifacts in one tracking store.

    Attributes:
        waiting: artifacts whose runs were not sent yet, in the order in which they were made.
        unfinished: run id → kind (see `sender`), of runs that were started in the store and not ended.
        champion: the registered version that was last made the champion in the store.
    """

    def __init__(self, root: Root, store: str) -> None:
        """Args: store: its address. Only its hash is written, since the address may hold a password."""
        self._path = root.data / "tracked.json"
        key = hashlib.sha256(store.encode()).hexdigest()[:16]
        self._all: dict[str, Any] = read_json(self._path) or {}
        nothing: dict[str, Any] = {"runs": {}, "waiting": [], "unfinished": {}, "champion": None}
        self._store: dict[str, Any] = self._all.setdefault(key, nothing)
        self.waiting: list[dict[str, Any]] = self._store["waiting"]
        self.unfinished: dict[str, str] = self._store["unfinished"]

    @property
    def champion(self) -> str | None:
        version: str | None = self._store["champion"]
        return version

    def run_of(self, fingerprint: str) -> str | None:
        """The run of an artifact; None: it has none in this store."""
        run: str | None = self._store["runs"].get(fingerprint, {}).get("run")
        return run

    def registered_version(self, fingerprint: str) -> str | None:
        """The registered version of a model; None: it was not registered in this store."""
        version: str | None = self._store["runs"].get(fingerprint, {}).get("registered")
        return version

    def expect(self, entries: Iterable[dict[str, Any]]) -> None:
        """Queue the artifacts that have no run and are not queued yet; each entry holds a `fingerprint`."""
        known = {entry["fingerprint"] for entry in self.waiting} | set(self._store["runs"])
        new = [entry for entry in entries if entry["fingerprint"] not in known]
        if new:
            self.waiting += new
            self._write()

    def begin(self, run: str, kind: str) -> None:
        """Record that a run was started in the store."""
        self.unfinished[run] = kind
        self._write()

    def end(self, run: str) -> None:
        """Record that a run was ended in the store, or needs no end."""
        self.unfinished.pop(run, None)
        self._write()

    def keep(self, fingerprint: str, run: str, registered: str | None = None) -> None:
        """Record the run of an artifact, and a model's registered version; take it off the queue."""
        runs = self._store["runs"]
        runs[fingerprint] = {"run": run} | ({} if registered is None else {"registered": registered})
        for old in list(runs)[:-KEPT]:
            del runs[old]
        self.drop(fingerprint)

    def drop(self, fingerprint: str) -> None:
        """Take an artifact off the queue."""
        self.waiting[:] = [entry for entry in self.waiting if entry["fingerprint"] != fingerprint]
        self._write()

    def follow(self, version: str) -> None:
        """Record which registered version is the champion in the store."""
        self._store["champion"] = version
        self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(self._all, indent=1) + "\n")  # unsorted: `keep` drops the oldest
