"""What the answers were worth: a table of all ways to predict, and the promises about them."""

import dataclasses
import json
from collections.abc import Mapping, Sequence

import numpy as np
from benchmarks.quality.questions import Case
from benchmarks.report import promise
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.metrics import log_loss

from holdfast.metrics.bootstrap import CustomerBootstrap, Interval
from holdfast.metrics.classification import calibration_error
from holdfast.model.calibration import Calibration, match_base_rate

HOLDFAST = "**Holdfast**"
METRICS = ("auc", "average_precision", "log_loss", "ece")
LEVEL_KNOWN, ECE_LEVEL_KNOWN = "log_loss_level_known", "ece_level_known"
MOST_BEHIND, MOST_LOSS_BEHIND, MOST_ECE, LEAST_GINI = 0.003, 0.004, 0.01, 0.95

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

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Answer":
        """From the line."""
        content = json.loads(line)
        for part in ("figures", "ahead"):
            content[part] = {
                name: {metric: Interval(**span) for metric, span in spans.items()}
                for name, spans in content[part].items()
            }
        return cls(**content)


def answer(title: str, case: Case, said: Mapping[str, Floats]) -> Answer:
    """Hold everybody's probabilities against what happened; `said` includes Holdfast's."""
    churned = case.judge["churned"].to_numpy()
    customers = case.judge["customer_id"].to_numpy(zero_copy_only=False)
    bootstrap = CustomerBootstrap(customers)
    figures = {name: bootstrap.intervals(churned, one, METRICS) for name, one in said.items()}
    others = {name: one for name, one in said.items() if name != HOLDFAST}
    for name, one in said.items():
        known = with_known_level(churned, one)
        at_level = {LEVEL_KNOWN: log_loss(churned, known), ECE_LEVEL_KNOWN: calibration_error(churned, known)}
        spans = {metric: Interval(float(value), None, None) for metric, value in at_level.items()}
        figures[name] = {**figures[name], **spans}
    ahead = bootstrap.paired_differences(("auc", "log_loss"), churned, said[HOLDFAST], others)
    return Answer(title, len(churned), int(churned.sum()), figures, ahead, case.achievable_auc)


def with_known_level(churned: Floats, probability: Floats) -> Floats:
    """The probabilities if the day's churn rate had been known: all log-odds moved by one number to meet it.

    Next season's level cannot be known. What is left is what the ways to predict differ in.
    """
    logits = logit(np.clip(probability, 1e-9, 1 - 1e-9))
    return match_base_rate(Calibration(1.0, 0.0), logits, churned).apply(logits)


def summary(answers: Sequence[Answer]) -> str:
    """The table over all questions, the AUC of each, and the promises."""
    names = list(dict.fromkeys(name for one in answers for name in one.figures))
    lines = [
        "| | mean AUC | Holdfast ahead by | mean log loss | Holdfast ahead by | … level known "
        "| mean precision | mean ECE | … level known |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(mean_row(name, answers) for name in names),
        "",
        "AUC / log loss of each question:",
        "",
        "| | customers | left | " + " | ".join(names) + " |",
        "|---|--:|--:|" + "--:|" * len(names),
        *(question_row(one, names) for one in answers),
        "",
        *(f"- {line}" for line in promises(answers, [name for name in names if name != HOLDFAST])),
    ]
    return "\n".join(lines)


def answered_by(answers: Sequence[Answer], name: str) -> list[Answer]:
    """The answers with a way to predict: rules about purchases say nothing about subscriptions."""
    return [one for one in answers if name in one.figures]


def mean(answers: Sequence[Answer], name: str, metric: str) -> float:
    """The mean over the questions."""
    return float(np.mean([one.figures[name][metric].value for one in answers]))


def mean_ahead(answers: Sequence[Answer], name: str, metric: str) -> tuple[float, float]:
    """How far Holdfast is ahead on the mean, and the standard error over the questions (paired).

    Questions about one log share customers, so the error is somewhat too small.
    """
    sign = 1 if metric == "auc" else -1
    ahead = np.array([sign * (one.ahead[name][metric].value or 0.0) for one in answers])
    error = float(ahead.std(ddof=1) / np.sqrt(len(ahead))) if len(ahead) > 1 else float("nan")
    return float(ahead.mean()), error


def mean_row(name: str, answers: Sequence[Answer]) -> str:
    """A way to predict, over all questions that it answered."""
    own, cells = answered_by(answers, name), []
    for metric in ("auc", "log_loss"):
        ahead = "" if name == HOLDFAST else "{:+.4f} ± {:.4f}".format(*mean_ahead(own, name, metric))
        cells.append(f"{mean(own, name, metric):.4f} | {ahead}")
    others = (LEVEL_KNOWN, "average_precision", "ece", ECE_LEVEL_KNOWN)
    cells += [f"{mean(own, name, metric):.4f}" for metric in others]
    fewer = "" if len(own) == len(answers) else f" ({len(own)} of {len(answers)} questions)"
    return f"| {name}{fewer} | " + " | ".join(cells) + " |"


def question_row(one: Answer, names: Sequence[str]) -> str:
    """A question: AUC and log loss of everybody, the best in bold."""
    values = {
        name: tuple(round(one.figures[name][metric].value or 0.0, 4) for metric in ("auc", "log_loss"))
        for name in names
        if name in one.figures
    }
    best = max(auc for auc, _ in values.values()), min(loss for _, loss in values.values())
    cells = [
        " / ".join(
            f"**{value:.4f}**" if value == top else f"{value:.4f}"
            for value, top in zip(values.get(name, ()), best, strict=name in values)
        )
        for name in names
    ]
    return (
        f"| {one.title} | {one.customers:,} | {one.churned / one.customers:.1%} | " + " | ".join(cells) + " |"
    )


def promises(answers: Sequence[Answer], peers: Sequence[str]) -> list[str]:
    """Each target, and whether it was met."""
    told = []
    for metric, word, sign in (("auc", "mean AUC", 1), ("log_loss", "mean log loss", -1)):
        best = min(peers, key=lambda name: mean_ahead(answered_by(answers, name), name, metric)[0])
        own, other = (mean(answered_by(answers, best), name, metric) for name in (HOLDFAST, best))
        told.append(
            promise(
                f"the best {word}: {own:.4f}; next {best} {other:.4f}",
                sign * (own - other) >= 0,
                "see the table",
            )
        )
    for metric, words, most in (
        ("auc", "AUC", MOST_BEHIND),
        ("log_loss", "log loss", MOST_LOSS_BEHIND),
        (LEVEL_KNOWN, "log loss with the day's level known", MOST_LOSS_BEHIND),
    ):
        behind = {one.title: gap(one, peers, metric) for one in answers}
        missed = sorted((title for title in behind if behind[title] > most), key=behind.__getitem__)
        largest = max(behind.values())
        text = (
            f"{words} at most {most} behind the best peer on every question; the largest gap is {largest:.4f}"
        )
        told.append(promise(text, not missed, "; ".join(f"{one} {behind[one]:.4f}" for one in missed[::-1])))
    for metric, words in (("ece", "ECE"), (ECE_LEVEL_KNOWN, "ECE with the day's level known")):
        excess = {one.title: gap(one, peers, metric) for one in answers}
        worst = max(excess, key=excess.__getitem__)
        limit = f"{words} at most {MOST_ECE} above the best peer's on every question"
        text = f"{limit}; the largest gap is {excess[worst]:.4f}"
        best = best_other(next(one for one in answers if one.title == worst), peers, metric)
        told.append(promise(text, excess[worst] <= MOST_ECE, f"{worst}; best there: {best}"))
    return told + [gini_promise(one) for one in answers if one.achievable_auc is not None]


def gap(one: Answer, peers: Sequence[str], metric: str) -> float:
    """By how much the best peer is ahead; below 0 where Holdfast is."""
    best = one.figures[best_other(one, peers, metric)][metric].value or 0.0
    sign = 1 if metric == "auc" else -1
    return sign * (best - (one.figures[HOLDFAST][metric].value or 0.0))


def best_other(one: Answer, peers: Sequence[str], metric: str) -> str:
    """The other way with the best figure: who it is changes with the season where the level does."""
    sign = 1 if metric == "auc" else -1
    answered = [name for name in peers if name in one.figures]
    return max(answered, key=lambda name: sign * (one.figures[name][metric].value or 0.0))


def gini_promise(one: Answer) -> str:
    """The demo company: how much of what can be known was found."""
    assert one.achievable_auc is not None
    found = (2 * (one.figures[HOLDFAST]["auc"].value or 0.5) - 1) / (2 * one.achievable_auc - 1)
    text = f"{LEAST_GINI:.0%} of the achievable Gini, {one.title}: {found:.1%}"
    return promise(text, found >= LEAST_GINI, f"achievable AUC {one.achievable_auc:.4f}")
