"""The selection of a list: the decision on every customer, and the content of the published files.

data/holdout/.runs/<selection>/….parquet   see `holdouts`
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.artifacts.holdouts import DECISIONS, HELD_OUT, WIN_BACK_HELD_OUT, holdouts_folder
from holdfast.artifacts.tables import read_frame, write_table
from holdfast.storage import read_table

if TYPE_CHECKING:
    import pandas as pd

    from holdfast.outreach.page.history import History
    from holdfast.outreach.page.waterfall import Waterfall
    from holdfast.outreach.selection_content import SelectionContent
    from holdfast.outreach.winback import WinBack


LISTED, LEFT, WIN_BACK = "listed.parquet", "left.parquet", "win_back.parquet"
HISTORY, WATERFALL, MOVED = "history.parquet", "waterfall.parquet", "moved.parquet"
CASES, RECOVERY = "cases.parquet", "payment_recovery.parquet"


class Selection(Artifact):
    """The decisions of one list; the manifest holds their counts and limits."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return holdouts_folder(root) / ".runs" / key.fingerprint[:12]

    @property
    def name(self) -> str:
        """Its name: the beginning of its fingerprint."""
        return self.folder.name

    def content(self) -> "SelectionContent":
        """All decisions, as they were written."""
        from holdfast.outreach.lists import AtRiskList
        from holdfast.outreach.selection_content import SelectionContent

        about = self.manifest
        as_of, previous = self.as_of, about["previous_as_of"]
        at_risk = AtRiskList(
            listed=self._frame(LISTED),
            held_out=self._frame(HELD_OUT),
            decisions=self._frame(DECISIONS),
            left=self._frame(LEFT),
            counts=about["counts"],
            limit=about["limit"],
            limits=about["limits"],
            as_of=as_of,
            outcome_window_end=dt.date.fromisoformat(about["outcome_window_end"]),
            model_version=about["model_version"],
            previous_as_of=None if previous is None else dt.date.fromisoformat(previous),
        )
        return SelectionContent(
            at_risk, self._win_back(), None if about["payment_recovery"] is None else self._frame(RECOVERY),
            self._history(), self._waterfall(), self._moved(), self._frame(CASES),
        )  # fmt: skip

    def _frame(self, name: str) -> "pd.DataFrame":
        return read_frame(self.folder / name)

    def _win_back(self) -> "WinBack | None":
        from holdfast.outreach.winback import WinBack

        about = self.manifest["win_back"]
        if about is None:
            return None
        held_out = self._frame(WIN_BACK_HELD_OUT)
        return WinBack(self._frame(WIN_BACK), held_out, about["counts"], about["limit"], about["limits"])

    def _history(self) -> "History":
        import numpy as np
        import pyarrow.parquet as pq

        from holdfast.outreach.page.history import History

        table = read_table(self.folder / HISTORY)
        probabilities = np.array(table["probabilities"].to_pylist(), dtype=np.float64)
        customers = pq.read_metadata(self.folder / LISTED).num_rows
        return History(
            tuple(table["as_of"].to_pylist()),
            tuple(table["same_model"].to_pylist()),
            probabilities.reshape(table.num_rows, customers),
        )

    def _waterfall(self) -> "Waterfall | None":
        from holdfast.outreach.page.waterfall import Waterfall

        path = self.folder / WATERFALL
        return Waterfall.from_table(read_table(path)) if path.is_file() else None

    def _moved(self) -> "pd.Series | None":
        path = self.folder / MOVED
        return read_frame(path).set_index("customer_id")["code"] if path.is_file() else None


def write_selection(folder: Path, content: "SelectionContent") -> dict[str, Any]:
    """Write all decisions, and return the manifest entries for what is not in a table."""
    import pyarrow as pa

    at_risk, back = content.at_risk, content.win_back
    frames = {
        LISTED: at_risk.listed, HELD_OUT: at_risk.held_out, DECISIONS: at_risk.decisions, LEFT: at_risk.left,
        CASES: content.cases,
    }  # fmt: skip
    if back is not None:
        frames |= {WIN_BACK: back.listed, WIN_BACK_HELD_OUT: back.held_out}
    if content.recovery is not None:
        frames[RECOVERY] = content.recovery
    if content.moved is not None:
        frames[MOVED] = content.moved.rename("code").rename_axis("customer_id").reset_index()
    for name, frame in frames.items():
        frame.to_parquet(folder / name, index=False)
    history = content.history
    columns = {
        "as_of": pa.array(history.dates, pa.date32()),
        "same_model": pa.array(history.same_model, pa.bool_()),
        "probabilities": pa.array(list(history.probabilities), pa.list_(pa.float64())),
    }
    write_table(pa.table(columns), folder / HISTORY)
    if content.waterfall is not None:
        write_table(content.waterfall.to_table(), folder / WATERFALL)
    return {
        "counts": at_risk.counts,
        "limit": at_risk.limit,
        "limits": at_risk.limits,
        "as_of": str(at_risk.as_of),
        "outcome_window_end": str(at_risk.outcome_window_end),
        "model_version": at_risk.model_version,
        "previous_as_of": at_risk.previous_as_of,
        "payment_recovery": None if content.recovery is None else {"listed": len(content.recovery)},
        "win_back": None
        if back is None
        else {"counts": back.counts, "limit": back.limit, "limits": back.limits},
    }
