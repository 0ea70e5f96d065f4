"""Feature importance and each customer's reasons at one as-of date.

data/explanations/<as_of>/importance.csv          see `explain.explanations.importance`
data/explanations/<as_of>/contributions.parquet   one row a customer: base + all features = margin
data/explanations/<as_of>/reasons.parquet         one row a customer and reason
data/explanations/<as_of>/*.png                   plots, rendered from the files above
"""

from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.artifacts.artifact import Artifact, History
from holdfast.artifacts.tables import read_frame, write_table
from holdfast.storage import read_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from holdfast.explain.drivers import Drivers


IMPORTANCE, CONTRIBUTIONS, REASONS = "importance.csv", "contributions.parquet", "reasons.parquet"
DRIVERS = "drivers.parquet"


class Explanations(Artifact):
    """The explanations of one as-of date; the manifest holds as_of, model_version, customers and language."""

    kind = "explanations"

    def importance(self) -> "pd.DataFrame":
        """One row a feature, the most important first."""
        import pandas as pd

        return pd.read_csv(self.folder / IMPORTANCE)

    def reasons(self) -> "pd.DataFrame":
        """One row a customer and reason, key (customer_id, position): code, contribution, text."""
        return read_frame(self.folder / REASONS)

    def drivers(self) -> "Drivers":
        """The contributions of a sample of customers, for the plots."""
        from holdfast.explain.drivers import Drivers

        return Drivers.from_table(read_table(self.folder / DRIVERS))


class ExplanationHistory(History[Explanations]):
    """The explanations of all dates, or of those before a day, oldest first."""

    kind = Explanations


def write_explanations(
    folder: Path, importance: "pd.DataFrame", contributions: "pa.Table", reasons: "pd.DataFrame",
    drivers: "Drivers",
) -> None:  # fmt: skip
    """Write all files of an explanation except the plots."""
    importance.to_csv(folder / IMPORTANCE, index=False, lineterminator="\n")
    write_table(contributions, folder / CONTRIBUTIONS)
    reasons.to_parquet(folder / REASONS, index=False)
    write_table(drivers.to_table(), folder / DRIVERS)
