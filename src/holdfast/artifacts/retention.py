"""The retention report of one as-of date: rates, cohorts, segments, the voice of the customer, goals.

data/retention/<as_of>/retention.json   goals, values, formulas; no customer ids
data/retention/<as_of>/<table>.csv      those of `RetentionTables` that have rows; no customer ids
data/retention/<as_of>/report.html      rendered from the files above
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import JsonArtifact
from holdfast.files import write_json

if TYPE_CHECKING:
    import pandas as pd

    from holdfast.retention.measure import RetentionTables


CONTENT = "retention.json"
TEXTS = dict.fromkeys(
    ("attribute", "group", "period", "start_on", "end_on", "cohort", "segment", "from", "to", "kind", "topic",
     "origin", "reason"), "str",
)  # fmt: skip


class Retention(JsonArtifact):
    """One report; the manifest holds SUMMARY."""

    kind = "retention"
    content_file = CONTENT

    def table(self, name: str) -> "pd.DataFrame":
        """One of the tables; an empty one without columns if it has no rows."""
        import pandas as pd

        file = self.folder / f"{name}.csv"
        if not file.exists():
            return pd.DataFrame()
        return pd.read_csv(file, dtype=TEXTS, keep_default_na=False, na_values=[""])

    def tables(self) -> "RetentionTables":
        """All tables."""
        from holdfast.retention.measure import RetentionTables

        return RetentionTables(*map(self.table, RetentionTables._fields))

    def last_rates(self) -> dict[str, float]:
        """retention_rate and churn_rate of the last period; empty: there is none."""
        return dict(self.manifest["last_rates"])


SUMMARY = ("active_customers", "periods", "goals", "last_rates")  # in manifests


def write_retention(folder: Path, tables: "RetentionTables", content: dict[str, Any]) -> dict[str, Any]:
    """Write the tables and the figures, and return the manifest entries."""
    for name, table in tables._asdict().items():
        if len(table):
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    write_json(folder / CONTENT, content)
    return {name: content[name] for name in SUMMARY}
