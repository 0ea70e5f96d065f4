"""Small logs of texts, and a company where only the text tells who leaves."""

import datetime as dt
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pytest
from omegaconf import OmegaConf

from holdfast.collecting import conf_folder
from holdfast.text.log import TextLog
from holdfast.text.model import Corpus, parse_corpus
from holdfast.text.settings import TextSettings, Words

Row = tuple[str, str, str, str | None, str]

CALM = """thanks question invoice delivery address kind regards order parcel hello please size colour
    catalogue receipt branch monday morning quantity carton sample stock reference"""
SHARP = """furious appalling ridiculous refund manager unacceptable worst shame useless disgraceful lawyer
    terrible nobody ignored again broken rude disaster pathetic awful insult tired enough"""
DATES = tuple(dt.date(2024, 1, 1) + dt.timedelta(days=28 * place) for place in range(8))


def a_log(rows: Iterable[Row], since: str = "2000-01-01") -> TextLog:
    """Rows of (customer, occurred, known, language, text); texts are known of since a day."""
    columns = list(zip(*sorted(rows, key=lambda row: row[:2]), strict=True)) or [()] * 5
    times = [
        pa.array([dt.datetime.fromisoformat(at) for at in columns[place]], pa.timestamp("us"))
        for place in (1, 2)
    ]
    table = pa.table(
        {
            "customer_id": pa.array(columns[0], pa.string()),
            "occurred_at": times[0],
            "known_at": times[1],
            "language": pa.array(columns[3], pa.string()),
            "text": pa.array(columns[4], pa.string()),
        }
    )
    first = dt.date.fromisoformat(since)
    days = [dt.date(2023, 12, 1) + dt.timedelta(days=place) for place in range(500)]
    return TextLog(table, dict.fromkeys(days, first))


@pytest.fixture(scope="session")
def log_of() -> Callable[..., TextLog]:
    return a_log


def the_words() -> dict[str, Words]:
    folder = conf_folder() / "text" / "words"
    return {
        path.stem: Words.model_validate(OmegaConf.to_container(OmegaConf.load(path)))
        for path in sorted(folder.glob("*.yaml"))
    }


@pytest.fixture(scope="session")
def words() -> dict[str, Words]:
    """The word lists that come with Holdfast."""
    return the_words()


def company(customers: int = 500, seed: int = 0) -> tuple[pa.Table, TextLog]:
    """Snapshots with a useless number, and a text a customer and date whose words tell who leaves."""
    random = np.random.default_rng(seed)
    rows, snapshots = [], []
    for who in range(customers):
        for date in DATES:
            mood = random.normal()
            pool = [
                SHARP.split() if random.random() < 1 / (1 + np.exp(-2 * mood)) else CALM.split()
                for _ in range(8)
            ]
            text = " ".join(random.choice(some) for some in pool)
            at = f"{date - dt.timedelta(days=int(random.integers(1, 28)))}T12:00"
            rows.append((f"c{who:04}", at, at, "en", text))
            churned = float(random.random() < 1 / (1 + np.exp(-2 * mood)))
            snapshots.append((f"c{who:04}", date, churned, random.normal()))
    names = ("customer_id", "as_of", "churned", "noise__0__all")
    columns = dict(zip(names, zip(*snapshots, strict=True), strict=True))
    types = (pa.string(), pa.date32(), pa.float64(), pa.float32())
    table = pa.table({name: pa.array(columns[name], kind) for name, kind in zip(names, types, strict=True)})
    return table, a_log(rows)


@pytest.fixture(scope="session")
def talkative() -> tuple[pa.Table, TextLog]:
    """`company()`, only to read."""
    return company()


def open_with(log: TextLog, topics: int = 0, days: int = 28) -> Corpus:
    corpus = parse_corpus(log, the_words(), TextSettings(window_days=days, n_topics=topics, competitors=()))
    assert corpus is not None
    return corpus


@pytest.fixture(scope="session")
def corpus_of() -> Callable[..., Corpus]:
    return open_with


def replace_text(log: TextLog, text: list[str]) -> TextLog:
    """The same log with other texts."""
    place = log.table.column_names.index("text")
    return TextLog(log.table.set_column(place, "text", pa.array(text, pa.string())), log.since)


@pytest.fixture(scope="session")
def with_other_texts() -> Callable[[TextLog, list[str]], TextLog]:
    return replace_text
