"""The words of the topic that a customer mostly writes about."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.texts import Figures
from holdfast.model.matrix import Matrix
from holdfast.text.model import PREFIX, TextModel

MAIN_SHARE = 0.5  # of what a customer wrote: a smaller topic is not named
SHOWN_WORDS = 5


def describe_topics(
    text: TextModel | None, names: Sequence[str], matrix: Matrix, contributions: NDArray[np.float64]
) -> list[Figures]:
    """For each row `topic_words` and `topic_days` of its main topic; {}: no main topic raises the risk.

    The main topic makes up more than MAIN_SHARE of what a customer wrote. Shares are known separately for
    each language, so a customer who writes in several languages has no main topic.

    Args:
        names: the columns of `matrix`.
        matrix, contributions: the model's input and its contributions (see `Explanation`).
    """
    named: list[Figures] = [{} for _ in matrix]
    if text is None:
        return named
    words = [topic for topics in text.topics for topic in topics.top_words()]
    columns = {name: f"{PREFIX}topic_{name}__{text.window_days}d" for name in text.topic_names}
    indices = {name: names.index(column) for name, column in columns.items() if column in names}
    written = {language_of(name): ~np.isnan(matrix[:, index]) for name, index in indices.items()}
    languages = np.sum(list(written.values()), axis=0)
    for name, topic in zip(text.topic_names, words, strict=True):
        if name not in indices:
            continue
        index = indices[name]
        main = (matrix[:, index] > MAIN_SHARE) & (languages == 1)
        for row in np.flatnonzero(main & (contributions[:, index] > 0)):
            named[row] = {"topic_words": ", ".join(topic[:SHOWN_WORDS]), "topic_days": str(text.window_days)}
    return named


def language_of(topic: str) -> str:
    """The language of a topic's name, `<language>_<number>`."""
    return topic.rpartition("_")[0]
