"""Who will leave: real and simulated logs, each asked as of some days, with what then happened."""

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
from benchmarks.competition import PLACE
from benchmarks.quality.outcome import what_happened
from numpy.typing import NDArray

from holdfast import pipeline
from holdfast.artifacts.artifact import Root
from holdfast.artifacts.features import Features
from holdfast.artifacts.raw import read_truth, truth_file
from holdfast.config import load_config
from holdfast.demo.truth import achievable_auc
from holdfast.features.extraction import extract
from holdfast.features.request import request_at
from holdfast.model.labelled import Labelled, take_labelled
from holdfast.runtime.caching import run_cached
from holdfast.runtime.context import RunContext
from holdfast.runtime.lock import locked
from holdfast.snapshots.churn import Cancellation, Inactivity
from holdfast.stages.simulate import simulate
from holdfast.text.collecting import read_texts
from holdfast.text.log import TextLog
from holdfast.text.model import parse_corpus

WORK = PLACE / "quality"
DEMO_SIZE, SMALL_SIZE = "demo.customers=4000", "demo.customers=300"
NO_TICKETS = tuple(f"features.families.{family}=false" for family in ("tickets", "support", "satisfaction"))

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Question:
    """A log and a day: who of its customers will leave within the horizon?

    Attributes:
        log: which log; questions about one log, horizon and settings share a folder.
        source: as in conf/source/.
        as_of: the day; nothing known from then on is read.
        horizon_days: of the outcome window; `settings` say so too where it is not the default.
        settings: what differs from the defaults.
    """

    log: str
    source: str
    as_of: dt.date
    horizon_days: int
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
        validated: the folder of the mapped tables, for peers that make features of their own.
    """

    train: pa.Table
    judge: pa.Table
    probability: Floats
    horizon_days: int
    achievable_auc: float | None
    validated: Path | None = None


def questions() -> list[Question]:
    """All of them."""

    def real(log: str, day: dt.date, horizon: int, active: int) -> Question:
        settings = f"churn.horizon_days={horizon}", f"churn.active_within_days={active}"
        return Question(log, log.lower().replace(" ", "_"), day, horizon, settings)

    def journey(horizon: int, month: int, day: int) -> Question:
        return real("Complete Journey", dt.date(2017, month, day), horizon, 56)

    def retail(horizon: int, month: int, day: int) -> Question:
        return real("Online Retail", dt.date(2011, month, day), horizon, 180)

    def company(log: str, day: dt.date, *settings: str) -> Question:
        return Question(log, "demo", day, 60, (DEMO_SIZE, *settings))

    def subscribers(log: str, day: dt.date, size: str) -> Question:
        return Question(log, "demo_subscriptions", day, 30, ("churn=cancellation", size))

    late, early = dt.date(2026, 5, 4), dt.date(2026, 3, 30)
    return [
        journey(14, 8, 27), journey(14, 9, 24), journey(14, 10, 22), journey(14, 11, 19), journey(14, 12, 17),
        journey(28, 9, 10), journey(28, 10, 8), journey(28, 11, 5), journey(28, 12, 3),
        retail(60, 6, 10), retail(60, 7, 11), retail(60, 8, 10), retail(60, 9, 9), retail(60, 10, 10),
        retail(90, 7, 11), retail(90, 8, 10), retail(90, 9, 9),
        company("Demo", late), company("Demo", early),
        company("Demo without text", late, "model.text=false"),
        company("Demo without tickets", late, "model.text=false", *NO_TICKETS),
        company("Small company", late, SMALL_SIZE), company("Small company", early, SMALL_SIZE),
        subscribers("Subscriptions", late, DEMO_SIZE), subscribers("Subscriptions", early, DEMO_SIZE),
        subscribers("Subscriptions of a small company", late, SMALL_SIZE),
    ]  # fmt: skip


def open_context(question: Question, day: dt.date) -> RunContext:
    """A call of Holdfast about a question."""
    words = (f"source={question.source}", f"as_of={day}", f"paths.root={question.root}", "tracking=off")
    config = load_config([*words, *question.settings])
    return RunContext(config, Root(question.root, question.source), dt.datetime.now(dt.UTC))


def ask(question: Question) -> Case:
    """Let Holdfast answer, and look up what then happened.

    `as_of` hides everything known from that day on, as if the files had been cut off there: the tests hold
    both to the same bytes (`tests/pipeline`).
    """
    context = open_context(question, question.as_of)
    with locked(context.root.path):
        simulated = question.source.startswith("demo")
        if simulated and not truth_file(context.root, question.source).is_file():
            simulate(context)
        features, model = run_cached(context, pipeline.FEATURES), run_cached(context, pipeline.TRAIN)
        asked, texts = features_at(context, question.as_of)
        train, judge = with_texts(context, features, asked, texts)
        probability = model.bundle().predict(asked, texts)  # whoever is champion by now
        folder = run_cached(context, pipeline.VALIDATE).table_folder(context.config.churn.stream).parent
        churn = context.config.churn
        assert isinstance(churn, Inactivity | Cancellation)  # what the questions ask about
        churned = what_happened(folder, judge["customer_id"].to_pylist(), question.as_of, churn)
        context.clear_temporary()
    place = judge.column_names.index("churned")
    judge = judge.set_column(place, "churned", pa.array(churned))
    best = best_auc(context, judge)
    return Case(train, judge, probability, question.horizon_days, best, folder)


def features_at(context: RunContext, day: dt.date) -> tuple[pa.Table, TextLog | None]:
    """The features of the customers of a day, and what they wrote."""
    config, streams = context.config, run_cached(context, pipeline.STREAMS)
    with context.engine() as engine:
        tables = run_cached(context, pipeline.VALIDATE).tables(engine)
        extraction = request_at(
            tables, config.source.attributes, (day,), churn=config.churn, outcome=config.churn.outcome(0),
            features=config.features, known_before=day,
        )  # fmt: skip
        log = read_texts(tables, day, (day,))
        return extract(extraction, streams.in_buckets(config.engine, config.threads)), log


def label(context: RunContext, features: Features) -> Labelled:
    """The labelled snapshots of a training."""
    timeline, churn = context.config.timeline, context.config.churn
    return take_labelled(features.table(), features.summary, timeline, churn.kind)


def with_texts(
    context: RunContext, features: Features, asked: pa.Table, texts: TextLog | None
) -> tuple[pa.Table, pa.Table]:
    """Both tables with what the training rows alone teach of texts: for all who answer the same."""
    config, train, log = context.config, label(context, features).rows, features.texts()
    corpus = parse_corpus(log, config.words, config.text) if config.model.text else None
    if corpus is None:
        return train, asked
    learned = corpus.fit(train)
    return learned.add_features(train), learned.model.add_features(asked, texts)


def best_auc(context: RunContext, judge: pa.Table) -> float | None:
    """The AUC of the demo company's true probabilities on these rows; None for companies that exist."""
    churn, truth = context.config.churn, read_truth(context.root)
    if truth is None:
        return None
    rows = judge.select(["customer_id", "as_of", "churned"]).to_pandas()
    return achievable_auc(truth, rows, horizon_days=churn.horizon_days, gap_days=churn.gap_days)
