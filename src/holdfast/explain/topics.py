"""The words of the topic that a customer mostly writes about."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from holdfast.explain.figures import Figures
from holdfast.model.matrix import Matrix
from holdfast.text.model import PREFIX, TextModel

MAIN_SHARE = 0.5  # of what a customer wrote: a smaller topic is not named
SHOWN_WORDS = 5


def describe_topics(
    text: TextModel | None, names: Sequence[str], matrix: Matrix, contributions: NDArray[np.float64]
) -> list[Figures]:
    """For each row `topic_words` and `topic_days` of the main topic; {} if it is unknown or lowers the risk.

    Args:
        text: the text model; None: there is none.
        names: the columns of `matrix`.
        matrix, contributions: the model's input and its contributions (see `Explanation`).
    """
    named: list[Figures] = [{} for _ in matrix]
    if text is None:
        return named
    words = [topic for topics in text.topics for topic in topics.top_words()]
    for name, topic in zip(text.topic_names, words, strict=True):
        column = f"{PREFIX}topic_{name}__{text.window_days}d"
        if column not in names:
            continue
        index = names.index(column)
        main = matrix[:, index] > MAIN_SHARE
        for row in np.flatnonzero(main & (contributions[:, index] > 0)):
            named[row] = {"topic_words": ", ".join(topic[:SHOWN_WORDS]), "topic_days": str(text.window_days)}
    return named
