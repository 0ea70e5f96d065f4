"""Who will leave: real and simulated logs, each asked as of some days, with what then happened."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from benchmarks.competition import PLACE
from numpy.typing import NDArray

from holdfast import pipeline
from holdfast.config import load_config
from holdfast.demo.truth import achievable
from holdfast.engine.extract import read_features
from holdfast.job import Job, Result
from holdfast.layout import Layout
from holdfast.model.bundle import load
from holdfast.stages.texts import read_corpus, read_texts
from holdfast.stages.training import read_training
from holdfast.storage import locked

WORK = PLACE / "quality"
DEMO_SIZE = "demo.customers=4000"
NO_TICKETS = tuple(f"features.families.{family}=false" for family in ("tickets", "support", "satisfaction"))

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Question:
    """A log and a day: who of its active customers will not be back within the horizon?

    Attributes:
        log: which log; questions about one log, horizon and settings share a folder.
        source: as in conf/source/.
        as_of: the day; nothing known from then on is read.
        horizon_days, active_within_days: of `churn=inactivity`.
        settings: what else differs from the defaults.
    """

    log: str
    source: str
    as_of: dt.date
    horizon_days: int
    active_within_days: int
    settings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """In a few words."""
        return f"{self.log}, {self.horizon_days} days, as of {self.as_of}"

    @property
    def root(self) -> Path:
        """The folder that it shares with questions of the same kind."""
        return WORK / f"{self.log}-{self.horizon_days}".replace(" ", "-").lower()


@dataclasses.dataclass(frozen=True)
class Case:
    """A question with all that is needed to answer it and to judge the answers.

    Attributes:
        train: labelled snapshots from before the day, with features: customer_id, as_of, churned, ….
        judge: the customers of the day, with the same features; `churned` is what then happened.
        probability: (judge rows,) what Holdfast says.
        horizon_days: of the outcome window.
        achievable_auc: of the true probabilities; null for companies that exist.
    """

    train: pa.Table
    judge: pa.Table
    probability: Floats
    horizon_days: int
    achievable_auc: float | None


def questions() -> list[Question]:
    """All of them."""

    def journey(horizon: int, month: int, day: int) -> Question:
        return Question("Complete Journey", "complete_journey", dt.date(2017, month, day), horizon, 56)

    def retail(horizon: int, month: int, day: int) -> Question:
        return Question("Online Retail", "online_retail", dt.date(2011, month, day), horizon, 180)

    def company(log: str, day: dt.date, *settings: str) -> Question:
        return Question(log, "demo", day, 60, 180, (DEMO_SIZE, *settings))

    late, early = dt.date(2026, 5, 4), dt.date(2026, 3, 30)
    return [
        journey(14, 11, 19), journey(14, 12, 17), journey(28, 11, 5), journey(28, 12, 3),
        retail(60, 8, 10), retail(60, 10, 10), retail(90, 8, 10), retail(90, 9, 9),
        company("Demo", late), company("Demo", early),
        company("Demo without text", late, "model.text=false"),
        company("Demo without tickets", late, "model.text=false", *NO_TICKETS),
    ]  # fmt: skip


def open_job(question: Question, day: dt.date, say: Callable[[str], None]) -> Job:
    """A call of Holdfast about a question."""
    churn = (
        ()
        if question.source == "demo"
        else (
            f"churn.horizon_days={question.horizon_days}",
            f"churn.active_within_days={question.active_within_days}",
        )
    )
    words = (f"source={question.source}", f"as_of={day}", f"paths.root={question.root}", "tracking=off")
    config = load_config([*words, *churn, *question.settings])
    return Job(config, Layout(question.root, question.source), say, dt.datetime.now(dt.UTC))


def ask(question: Question, say: Callable[[str], None]) -> Case:
    """Let Holdfast answer, and look up what then happened.

    `as_of` hides everything known from that day on, as if the files had been cut off there: the tests hold
    both to the same bytes (`tests/pipeline`).
    """
    job = open_job(question, question.as_of, say)
    with locked(job.layout.root):
        if question.source == "demo" and not job.layout.truth.exists():
            pipeline.simulate(job)
        data, model, asked = (
            pipeline.features(job, "train"),
            pipeline.train(job),
            pipeline.features(job, "score"),
        )
        train, judge = with_texts(job, data, asked, read_training(job, data)[0])
        probability = load(model.folder / "bundle").predict(read_features(asked.folder), read_texts(asked))
        churned = what_happened(job, judge, question)
    place = judge.column_names.index("churned")
    judge = judge.set_column(place, "churned", pa.array(churned))
    return Case(train, judge, probability, question.horizon_days, best_auc(job, judge))


def with_texts(job: Job, data: Result, asked: Result, train: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Both tables with what the training rows alone teach of texts: for all who answer the same."""
    judge = read_features(asked.folder)
    corpus = read_corpus(job, data) if job.config.model.text else None
    if corpus is None:
        return train, judge
    scored = corpus.fit(train)
    return scored.add_features(train), scored.model.add_features(judge, read_texts(asked))


def what_happened(job: Job, judge: pa.Table, question: Question) -> Floats:
    """(rows,) 1 where the customer bought nothing within the horizon, from the whole log."""
    found: dict[str, Any] = duckdb.execute(
        """
        SELECT DISTINCT customer_id FROM read_parquet($log)
        WHERE amount > 0 AND occurred_at >= $day AND occurred_at < $day + to_days($horizon)
        """,
        {
            "log": str(job.layout.validated / "transactions.parquet"),
            "day": question.as_of,
            "horizon": job.config.churn.horizon_days,
        },
    ).fetchnumpy()
    back = set(found["customer_id"])
    return np.array([float(one not in back) for one in judge["customer_id"].to_pylist()])


def best_auc(job: Job, judge: pa.Table) -> float | None:
    """The AUC of the demo company's true probabilities on these rows."""
    churn = job.config.churn
    rows = judge.select(["customer_id", "as_of", "churned"]).to_pandas()
    return achievable(job.layout.truth, rows, horizon_days=churn.horizon_days, gap_days=churn.gap_days)
