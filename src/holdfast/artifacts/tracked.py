"""Which artifacts have a run in which tracking store: data/tracked.json.

Whether tracking was on is no part of a result. So an artifact that stands gets its run when tracking is on
for the first time, or when a store answers again.
"""

import hashlib

from holdfast.artifacts.artifact import Root
from holdfast.files import read_json, write_json

KEPT = 20_000  # artifacts of one store; older ones are forgotten


class Tracked:
    """The runs of artifacts in one tracking store."""

    def __init__(self, root: Root, store: str) -> None:
        """Args: store: its address, which is kept as a hash alone: it may hold a password."""
        self._path = root.data / "tracked.json"
        self._key = hashlib.sha256(store.encode()).hexdigest()[:16]
        self._all: dict[str, dict[str, dict[str, str]]] = read_json(self._path) or {}
        self._own = self._all.setdefault(self._key, {})

    def run_of(self, fingerprint: str) -> str | None:
        """The run of an artifact; None: it has none in this store."""
        return self._own.get(fingerprint, {}).get("run")

    def registered_version(self, fingerprint: str) -> str | None:
        """The registered version of a model; None: it was not registered in this store."""
        return self._own.get(fingerprint, {}).get("registered")

    def keep(self, fingerprint: str, run: str, registered: str | None = None) -> None:
        """Remember the run of an artifact, and the registered version of a model."""
        self._own[fingerprint] = {"run": run} | ({} if registered is None else {"registered": registered})
        for old in list(self._own)[:-KEPT]:
            del self._own[old]
        write_json(self._path, self._all)
