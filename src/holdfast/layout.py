"""Where every file lies below `paths.root`: the one place that knows."""

import dataclasses
import datetime as dt
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Layout:
    """The folders and files of one root, which serves one source and one churn question."""

    root: Path
    source: str

    @property
    def question(self) -> Path:
        """Which source and churn question this root serves."""
        return self.root / "data" / "question.json"

    @property
    def raw_demo(self) -> Path:
        """The demo company's raw tables."""
        return self.root / "data" / "raw" / "demo"

    @property
    def truth(self) -> Path:
        """The demo company's true probabilities, apart from anything a model reads."""
        return self.root / "data" / "truth" / "demo.parquet"

    @property
    def validated(self) -> Path:
        """One folder a validated table, in it one Parquet file a raw file."""
        return self.root / "data" / "validated" / self.source

    @property
    def rejected(self) -> Path:
        """The same with rejected rows: file, row, rule."""
        return self.root / "data" / "rejected" / self.source

    @property
    def streams(self) -> Path:
        """The streams in buckets of customers."""
        return self.root / "data" / "features" / self.source / "streams"

    def features(self, purpose: str, as_of: dt.date) -> Path:
        """Features for `train` or `score` at an as-of date, one Parquet file a bucket."""
        return self.root / "data" / "features" / self.source / f"{purpose}-{as_of}"

    @property
    def models(self) -> Path:
        """One folder a model version."""
        return self.root / "models"

    @property
    def trials(self) -> Path:
        """The fits of searches that are not over, a folder each; gone once the model stands."""
        return self.models / ".tuning"

    @property
    def champion(self) -> Path:
        """The link that decides which version scores."""
        return self.models / "champion"

    @property
    def promotions(self) -> Path:
        """What was promoted or kept, and why: one JSON object a line."""
        return self.models / "promotions.jsonl"

    def scores(self, as_of: dt.date) -> Path:
        """Scores of every eligible customer."""
        return self.root / "data" / "scores" / str(as_of)

    def explanations(self, as_of: dt.date) -> Path:
        """Contributions and reasons."""
        return self.root / "data" / "explanations" / str(as_of)

    def audits(self, as_of: dt.date) -> Path:
        """The audit of a training's features: what sees the future, and what looks too good."""
        return self.root / "data" / "audit" / str(as_of)

    def monitors(self, as_of: dt.date) -> Path:
        """What the monitor found at an as-of date: drift of inputs and scores, results, verdict."""
        return self.root / "data" / "monitor" / str(as_of)

    @property
    def lists(self) -> Path:
        """The at-risk lists: links by as-of date and `latest`, to folders in `.runs`."""
        return self.root / "data" / "at_risk"

    def run(self, run_id: str) -> Path:
        """The immutable folder of one published list."""
        return self.lists / ".runs" / run_id

    @property
    def holdouts(self) -> Path:
        """The held-out customers of each list: links by as-of date, to files in `.runs`."""
        return self.root / "data" / "holdout"

    def holdout_of_run(self, run_id: str) -> Path:
        """The customers that one run held out."""
        return self.holdouts / ".runs" / f"{run_id}.parquet"

    def win_back_holdout_of_run(self, run_id: str) -> Path:
        """The customers that one run's win-back list held out."""
        return self.holdouts / ".runs" / f"{run_id}.win_back.parquet"

    def decisions_of_run(self, run_id: str) -> Path:
        """What one run decided about everyone; kept from the team, as it names the held out."""
        return self.holdouts / ".runs" / f"{run_id}.decisions.parquet"

    def uplift(self, as_of: dt.date) -> Path:
        """What a contact changes, as it was learned for the list of an as-of date."""
        return self.root / "data" / "uplift" / str(as_of)

    def outcomes(self, name: str) -> Path:
        """What became of the list of an as-of date, or of `all`."""
        return self.root / "data" / "outcomes" / name

    @property
    def temporary(self) -> Path:
        """Where a run may spill to; removed when it ends."""
        return self.root / ".cache" / "holdfast"

    @property
    def compiled(self) -> Path:
        """Numba's cache of compiled functions."""
        return self.root / ".cache" / "numba"
