"""What the answers were worth: a table of all ways to predict, and the promises about them."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from benchmarks.quality.questions import Case
from benchmarks.report import promise
from numpy.typing import NDArray

from holdfast.metrics.bootstrap import CustomerBootstrap, Interval

HOLDFAST = "**Holdfast**"
METRICS = ("auc", "average_precision", "log_loss", "ece")
MOST_BEHIND, MOST_ECE, LEAST_GINI = 0.003, 0.01, 0.95
NORMAL = 1.959964  # half-width of a 95% interval, in standard errors

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Answer:
    """One question as everybody answered it.

    Attributes:
        title: of the question.
        customers, churned: counts.
        figures: for each way to predict, each metric with its interval.
        ahead: for each other way, Holdfast's AUC (log loss) minus its, paired.
        achievable_auc: null for companies that exist.
    """

    title: str
    customers: int
    churned: int
    figures: Mapping[str, Mapping[str, Interval]]
    ahead: Mapping[str, Mapping[str, Interval]]
    achievable_auc: float | None


def answer(title: str, case: Case, said: Mapping[str, Floats]) -> Answer:
    """Hold everybody's probabilities against what happened; `said` includes Holdfast's."""
    churned = case.judge["churned"].to_numpy()
    customers = case.judge["customer_id"].to_numpy(zero_copy_only=False)
    bootstrap = CustomerBootstrap(customers)
    figures = {name: bootstrap.intervals(churned, one, METRICS) for name, one in said.items()}
    others = {name: one for name, one in said.items() if name != HOLDFAST}
    ahead = bootstrap.paired_differences(("auc", "log_loss"), churned, said[HOLDFAST], others)
    return Answer(title, len(churned), int(churned.sum()), figures, ahead, case.achievable_auc)


def summary(answers: Sequence[Answer]) -> str:
    """The table over all questions, the AUC of each, and the promises."""
    names = [name for name in answers[0].figures if all(name in one.figures for one in answers)]
    lines = [
        "| | mean AUC | Holdfast ahead by (95%) | mean log loss | mean average precision | mean ECE |",
        "|---|--:|--:|--:|--:|--:|",
        *(mean_row(name, answers) for name in names),
        "",
        "AUC of each question:",
        "",
        "| | customers | left | " + " | ".join(names) + " |",
        "|---|--:|--:|" + "--:|" * len(names),
        *(question_row(one, names) for one in answers),
        "",
        *(f"- {line}" for line in promises(answers, [name for name in names if name != HOLDFAST])),
    ]
    return "\n".join(lines)


def mean(answers: Sequence[Answer], name: str, metric: str) -> float:
    """The mean over the questions."""
    return float(np.mean([one.figures[name][metric].value for one in answers]))


def mean_ahead(answers: Sequence[Answer], name: str, metric: str = "auc") -> Interval:
    """The mean difference over the questions.

    The questions' own intervals, each from draws of its customers, give the standard error; questions are
    taken as independent, although some share customers.
    """
    spans = [one.ahead[name][metric] for one in answers]
    value = float(np.mean([span.value for span in spans]))
    errors = [((span.high or 0.0) - (span.low or 0.0)) / 2 for span in spans]
    half = float(np.sqrt(np.square(errors).sum())) / len(spans)
    return Interval(value, value - half, value + half)


def mean_row(name: str, answers: Sequence[Answer]) -> str:
    """A way to predict, over all questions."""
    span = None if name == HOLDFAST else mean_ahead(answers, name)
    ahead = "" if span is None else f"{span.value:+.4f} ({span.low:+.4f} to {span.high:+.4f})"
    auc, loss, precision, ece = (
        mean(answers, name, metric) for metric in ("auc", "log_loss", "average_precision", "ece")
    )
    return f"| {name} | {auc:.4f} | {ahead} | {loss:.4f} | {precision:.4f} | {ece:.4f} |"


def question_row(one: Answer, names: Sequence[str]) -> str:
    """A question: the AUC of everybody, the best in bold."""
    values = [one.figures[name]["auc"].value or 0.0 for name in names]
    cells = [f"**{value:.4f}**" if value == max(values) else f"{value:.4f}" for value in values]
    return (
        f"| {one.title} | {one.customers:,} | {one.churned / one.customers:.1%} | " + " | ".join(cells) + " |"
    )


def promises(answers: Sequence[Answer], peers: Sequence[str]) -> list[str]:
    """Each target, and whether it was met."""
    told = []
    for metric, word, sign in (("auc", "mean AUC", 1), ("log_loss", "mean log loss", -1)):
        own = mean(answers, HOLDFAST, metric)
        best = max(peers, key=lambda name: sign * mean(answers, name, metric))
        other = mean(answers, best, metric)
        told.append(
            promise(
                f"the best {word}: {own:.4f}; next {best} {other:.4f}",
                sign * (own - other) >= 0,
                "see the table",
            )
        )
    behind = {one.title: gap(one, peers, "auc") for one in answers}
    worst = max(behind, key=lambda title: behind[title])
    text = (
        f"on no question more than {MOST_BEHIND} AUC behind the best other way: at most {behind[worst]:.4f}"
    )
    told.append(promise(text, behind[worst] <= MOST_BEHIND, worst))
    excess = {one.title: -gap(one, peers, "ece") for one in answers}
    worst = max(excess, key=lambda title: excess[title])
    text = (
        f"on no question an ECE more than {MOST_ECE} above the best other way's: at most {excess[worst]:.4f}"
    )
    best = best_other(next(one for one in answers if one.title == worst), peers, "ece")
    told.append(promise(text, excess[worst] <= MOST_ECE, f"{worst}; best there: {best}"))
    return told + [gini_promise(one) for one in answers if one.achievable_auc is not None]


def gap(one: Answer, peers: Sequence[str], metric: str) -> float:
    """The best other way's figure minus Holdfast's."""
    best = one.figures[best_other(one, peers, metric)][metric].value or 0.0
    return best - (one.figures[HOLDFAST][metric].value or 0.0)


def best_other(one: Answer, peers: Sequence[str], metric: str) -> str:
    """The other way with the best figure: who it is changes with the season where the level does."""
    sign = -1 if metric == "ece" else 1
    return max(peers, key=lambda name: sign * (one.figures[name][metric].value or 0.0))


def gini_promise(one: Answer) -> str:
    """The demo company: how much of what can be known was found."""
    assert one.achievable_auc is not None
    found = (2 * (one.figures[HOLDFAST]["auc"].value or 0.5) - 1) / (2 * one.achievable_auc - 1)
    text = f"{LEAST_GINI:.0%} of the achievable Gini, {one.title}: {found:.1%}"
    return promise(text, found >= LEAST_GINI, f"achievable AUC {one.achievable_auc:.4f}")
