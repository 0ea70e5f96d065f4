"""Uplift on a public randomised trial: Hillstrom's e-mails, against simple learners, by scikit-uplift's Qini.

    python -m benchmarks.trials hillstrom.parquet

Qini as `sklift.metrics.qini_auc_score` defines it: customers in descending order of the estimated uplift;
the curve is Yᵗ(n) − Yᶜ(n)·Nᵗ(n)/Nᶜ(n) over the first n, with outcomes Y and sizes N of treated and control,
evaluated where the score changes; its area less that of the straight line to its end, divided by the same of
the perfect curve (treated who responded first, then treated and control who did not, then control who did).
"""

import argparse
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
from benchmarks.policy import NONE, learn_policy, policy_value
from benchmarks.report import fill, machine
from numpy.typing import NDArray

from holdfast.model.matrix import encode, select_columns
from holdfast.uplift.effects import MAX_LEVELS, PARAMETERS, ROUNDS, learn_effects, predict

OUTCOMES = ("visit", "conversion", "spend")
COSTS = ({"mens": 0.03, "womens": 0.01}, {"mens": 0.05, "womens": 0.02}, {"mens": 0.06, "womens": 0.02})
VISIT = 1.0  # what a visit is worth, beside costs

Floats = NDArray[np.float64]


def main(arguments: list[str] | None = None) -> None:
    """Print both tables and write them into README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    trial = pd.read_parquet(asked.file)
    text = "\n".join([*rank(trial), "", *act(trial), "", machine()])
    print(text)
    fill("trials", text)


def halves(size: int, seed: int) -> tuple[Any, Any]:
    """The rows to learn from and to judge by."""
    order = np.random.default_rng(seed).permutation(size)
    return np.sort(order[: size // 2]), np.sort(order[size // 2 :])


def covariates(trial: pd.DataFrame) -> pa.Table:
    """What was known before the trial."""
    return pa.Table.from_pandas(trial.drop(columns=["segment", *OUTCOMES]), preserve_index=False)


def rank(trial: pd.DataFrame) -> list[str]:
    """Women's e-mail against none, visits, five random halves: the Qini of each learner."""
    trial = trial[trial["segment"] != "Mens E-Mail"].reset_index(drop=True)
    treated, outcome = (trial["segment"] == "Womens E-Mail").to_numpy(float), trial["visit"].to_numpy(float)
    table, found = covariates(trial), []
    for seed in range(5):
        rows, test = halves(len(trial), seed)
        learn, judge = table.take(pa.array(rows)), table.take(pa.array(test))
        scores = simple(learn, treated[rows], outcome[rows], judge)
        learned = learn_effects(learn, treated[rows], outcome[rows], seed=seed)
        scores = {"Holdfast": learned.effects.effect(judge)} | scores
        found.append({name: qini(outcome[test], score, treated[test]) for name, score in scores.items()})
    rows_of = pd.DataFrame(found)
    lines = ["| women's e-mail, visits | Qini | deviation over halves |", "|---|--:|--:|"]
    return lines + [
        f"| {name} | {rows_of[name].mean():.4f} | {rows_of[name].std():.4f} |" for name in rows_of
    ]


def simple(learn: pa.Table, treated: Floats, outcome: Floats, judge: pa.Table) -> dict[str, Floats]:
    """The uplift by simple learners, all with the same small trees as Holdfast's."""
    columns = select_columns(learn, MAX_LEVELS)
    matrix, test = encode(learn, columns), encode(judge, columns)

    def fit(values: Any, target: Floats) -> lgb.Booster:
        data = lgb.Dataset(values, target, categorical_feature=columns.categorical, params=PARAMETERS)
        return lgb.train(PARAMETERS, data, num_boost_round=ROUNDS)

    both = fit(np.column_stack([matrix, treated]), outcome)
    arms = [fit(matrix[treated == arm], outcome[treated == arm]) for arm in (0, 1)]
    share = treated.mean()
    transformed = fit(matrix, outcome * (treated - share) / (share * (1 - share)))
    beside = [np.column_stack([test, np.full(len(test), arm, np.float32)]) for arm in (0, 1)]
    return {
        "S-learner": predict(both, beside[1]) - predict(both, beside[0]),
        "T-learner": predict(arms[1], test) - predict(arms[0], test),
        "transformed outcome": predict(transformed, test),
    }


def qini(outcome: Floats, score: Floats, treated: Floats) -> float:
    """The normalised area under the Qini curve (see the top of this file)."""
    perfect = outcome * treated - outcome * (1 - treated)
    return area(outcome, score, treated) / area(outcome, perfect, treated)


def area(outcome: Floats, score: Floats, treated: Floats) -> float:
    """The area between the Qini curve and the straight line to its end."""
    order = np.argsort(score, kind="stable")[::-1]
    outcome, score, treated = outcome[order], score[order], treated[order]
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    sizes = np.stack([np.cumsum(treated)[ends], np.cumsum(1 - treated)[ends]])
    sums = np.stack([np.cumsum(outcome * treated)[ends], np.cumsum(outcome * (1 - treated))[ends]])
    ratio = np.divide(sizes[0], sizes[1], out=np.zeros(len(ends)), where=sizes[1] > 0)
    curve, at = np.append(0, sums[0] - sums[1] * ratio), np.append(0, ends + 1)
    return float(np.trapezoid(curve, at) - curve[-1] * at[-1] / 2)


def act(trial: pd.DataFrame) -> list[str]:
    """Both e-mails: the rule which of them, or none, against the best single action; ten random halves."""
    action = (
        trial["segment"].map({"Mens E-Mail": "mens", "Womens E-Mail": "womens"}).fillna(NONE).to_numpy(str)
    )
    outcome, table = trial["visit"].to_numpy(float), covariates(trial)
    shares = {name: float((action == name).mean()) for name in np.unique(action)}
    lines = [
        "| cost of men's / women's e-mail (a visit: 1) | rule, a customer | best single action | ahead on |",
        "|---|--:|--:|--:|",
    ]
    policies = []
    for seed in range(10):
        rows, test = halves(len(trial), seed)
        policies.append(
            (test, learn_policy(table.take(pa.array(rows)), action[rows], outcome[rows], COSTS[0]))
        )
    for costs in COSTS:
        money = []
        for test, learned in policies:
            chosen = type(learned)(learned.effects, costs).choose(table.take(pa.array(test)), VISIT)
            rules = [chosen, *(np.full(len(test), name) for name in shares)]
            values = [policy_value(rule, action[test], outcome[test], costs, shares, VISIT) for rule in rules]
            money.append((values[0], max(values[1:])))
        ours, single = np.array(money).T
        lines.append(
            f"| {costs['mens']} / {costs['womens']} | {ours.mean():.4f} | {single.mean():.4f} "
            f"| {(ours > single).sum()} of {len(ours)} |"
        )
    return lines


if __name__ == "__main__":
    main()
