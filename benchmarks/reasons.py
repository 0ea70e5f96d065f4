"""Whether the stated reasons are the true ones, at demo companies that know why each customer turns.

    python -m benchmarks.reasons                        ten companies of 1,500 customers
    python -m benchmarks.reasons --first 11 --seeds 3 --customers 5000 --interventions 3
    python -m benchmarks.reasons --keep FOLDER          companies and models that stand there are used again
    python -m benchmarks.reasons --write                puts the result into benchmarks/README.md

The truth holds what a faded habit (`silence`), trouble with support (`service`) and risen prices (`prices`)
have taken from the logarithm of each customer's intensity of buying. A cause counts by its excess over what
it takes from the median customer of that date.

- The main cause is the largest excess. A customer has a cause if it is at least CAUSE (10% less buying).
- A first reason is right if it speaks of the main cause. It is nearly right if it speaks of a cause that took
  at most NEAR less than the main one.
- A reason contradicts the truth if its cause took no more than from the median customer. A true second cause
  is no contradiction. General reasons speak of no cause, nor do RARELY_BUYS and LONGER_GAPS: how often a
  customer buys at all is no turn.

By intervention: the same company (same seed) is simulated again without price rises, and with fast support.
The same model scores it. Customers whose first reason was that cause are followed: the share of their stated
risk that reasons of this cause have then, and their true churn probability.

What anybody could find: a classifier that is taught the main causes at the other companies, from all features
of their customers, names those of this one. No reason can be expected to do better than that.
"""

import argparse
import datetime as dt
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from benchmarks.report import fill, machine, promise
from scipy.stats import t

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.scores import find_scores

TRAIN, SCORE = "2026-04-06", "2026-05-04"
CAUSES = ["silence", "service", "prices"]
COUNTS = ("customers", "reasons")  # figures that are no shares
LEAST_RIGHT, MOST_WRONG = 0.85, 0.02
CALLS = 50
CAUSE, NEAR = 0.1, 0.2  # of the logarithm of the intensity of buying
SPEAKS_OF = {
    "silence": {
        "LONG_SILENCE", "FEWER_ORDERS", "SPEND_DOWN", "LESS_VARIETY",
        "USAGE_DOWN", "USES_WITHOUT_BUYING",
    },
    "service": {
        "SLOW_SUPPORT", "OPEN_TICKET", "MANY_TICKETS", "RECENT_TICKET", "LOW_SATISFACTION", "TICKETS_STOPPED",
        "TALKS_OF_LEAVING", "TALKS_OF_COMPETITOR", "LOW_SURVEY_SCORE", "TONE",
    },
    "prices": {"PRICE_UP", "TALKS_OF_PRICE"},
}  # fmt: skip
CAUSE_OF = {code: cause for cause, codes in SPEAKS_OF.items() for code in codes}
BOUND = "a classifier that is taught the causes names the main one"
ROUNDS = 120
CLASSIFIER = {
    "objective": "multiclass", "num_class": 3, "learning_rate": 0.04, "num_leaves": 15,
    "min_data_in_leaf": 20, "feature_fraction": 0.3, "verbosity": -1, "num_threads": 1, "seed": 1,
}  # fmt: skip
INTERVENTIONS = {"prices": "demo.price_rise=0", "service": "demo.support_delay=0.2"}


def run(root: Path, *words: str) -> None:
    """Run a command of Holdfast below a root of its own."""
    command = [sys.executable, "-m", "holdfast", *words, f"paths.root={root}", "tracking=off"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def simulate(root: Path, seed: int, customers: int, *change: str) -> None:
    """Simulate a company."""
    size = (f"demo.customers={customers}", "demo.truth_weeks=16", "demo.truth_draws=1")
    run(root, "simulate", *size, f"seed={seed}", *change)


def true_state(root: Path) -> pd.DataFrame:
    """The true causes and churn probability of each customer at SCORE; index: customer_id."""
    truth = pd.read_parquet(root / "data" / "truth" / "demo.parquet")
    return truth[truth["as_of"].astype("str") == SCORE].set_index("customer_id")


def list_of(root: Path) -> pd.DataFrame:
    """The at-risk list; index: customer_id."""
    listed = pd.read_csv(root / "data" / "at_risk" / SCORE / "at_risk.csv", dtype={"customer_id": "str"})
    return listed.set_index("customer_id")


def judge(listed: Any, truth: Any) -> dict[str, float]:
    """Shares of a list's customers and reasons; see the top of the file."""
    excess = (truth[CAUSES] - truth[CAUSES].median()).reindex(listed.index)
    stated = [listed[f"reason_{place}_code"] for place in (1, 2, 3)]
    first, *_ = causes = [codes.map(CAUSE_OF) for codes in stated]
    count = sum(int(codes.notna().sum()) for codes in stated)
    contradicting = sum(
        bool(excess.loc[str(customer), str(cause)] <= 0)
        for each in causes
        for customer, cause in each.dropna().items()
    )
    caused = excess.max(axis=1) >= CAUSE
    behind = pd.Series(
        [excess.loc[name].max() - excess.loc[name, cause] if isinstance(cause, str) else np.inf
         for name, cause in first.items()],
        index=listed.index,
    )  # fmt: skip
    return {
        "customers": len(listed),
        "have a cause": float(caused.mean()),
        "first reason is the main cause": float((behind[caused] == 0).mean()),
        f"the same of the first {CALLS} customers": float((behind[caused][:CALLS] == 0).mean()),
        "or nearly the main cause": float((behind[caused] <= NEAR).mean()),
        "first reason speaks of no cause": float(first[caused].isna().mean()),
        "main cause is silence": float(excess[caused].idxmax(axis=1).eq("silence").mean()),
        "reasons": count,
        "reasons that contradict the truth": contradicting / max(count, 1),
    }


def intervene(root: Path, seed: int, customers: int) -> dict[str, float]:
    """The reasons and the true risk before and after a cause is taken away; see the top of the file."""
    run(root, "explain", f"as_of={SCORE}")
    first, found = list_of(root)["reason_1_code"].map(CAUSE_OF), dict[str, float]()
    for cause, change in INTERVENTIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            other = Path(folder)
            simulate(other, seed, customers, change)
            shutil.copytree(root / "models", other / "models", symlinks=True)
            run(other, "explain", f"as_of={SCORE}")
            named = first.index[first == cause]
            named = named[named.isin(true_state(other).index)]
            for when, place in (("before", root), ("after", other)):
                found[f"{cause}: share of risk {when}"] = share_of_risk(place, named, cause)
                churn = true_state(place).loc[named, "churn_probability"]
                found[f"{cause}: true churn {when}"] = float(churn.mean())
    return found


def share_of_risk(root: Path, customers: Any, cause: str) -> float:
    """The share of all stated contributions of some customers that reasons of a cause have."""
    reasons = pd.read_parquet(root / "data" / "explanations" / SCORE / "reasons.parquet")
    reasons = reasons[reasons["customer_id"].isin(customers)]
    of_cause = reasons["code"].map(CAUSE_OF) == cause
    return float(reasons.loc[of_cause, "contribution"].sum() / reasons["contribution"].sum())


def features_and_causes(root: Path) -> tuple[Any, Any]:
    """The features of all scored customers, and the excess of each cause; index: customer_id."""
    scores = find_scores(Root(root, "demo"), dt.date.fromisoformat(SCORE))
    assert scores is not None
    truth = true_state(root)
    excess = (truth[CAUSES] - truth[CAUSES].median()).dropna()
    rows = scores.model_input().to_pandas().set_index("customer_id").select_dtypes("number")
    return rows.loc[rows.index.intersection(excess.index)], excess


def best_possible(roots: list[Path]) -> list[float]:
    """For each company, how often a classifier taught at the others names the main cause of the listed."""
    companies = [features_and_causes(root) for root in roots]
    shares = []
    for number, root in enumerate(roots):
        others = companies[:number] + companies[number + 1 :]
        rows = pd.concat([rows for rows, _ in others])
        excess = pd.concat([excess.loc[rows.index] for rows, excess in others])
        caused = (excess.max(axis=1) >= CAUSE).to_numpy()
        data = lgb.Dataset(rows[caused], excess[caused].idxmax(axis=1).map(CAUSES.index))
        classifier = lgb.train(CLASSIFIER, data, ROUNDS)
        own, truth = companies[number]
        listed = list_of(root).index
        listed = listed[truth.loc[listed].max(axis=1) >= CAUSE]
        named = np.asarray(classifier.predict(own.loc[listed, rows.columns])).argmax(axis=1)
        shares.append(float((named == truth.loc[listed].idxmax(axis=1).map(CAUSES.index)).mean()))
    return shares


def main() -> None:
    """Print a line for each company, then the mean and the range of every figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--interventions", type=int, default=2, help="companies simulated without causes too")
    parser.add_argument("--keep", type=Path, help="folder for the companies; what stands there is used again")
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    asked = parser.parse_args()
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(asked.keep or folder).resolve()
        os.environ.setdefault("NUMBA_CACHE_DIR", str(place / "compiled"))
        roots = [place / f"seed-{seed}" for seed in range(asked.first, asked.first + asked.seeds)]
        for number, root in enumerate(roots):
            seed = asked.first + number
            if not (root / "data" / "raw").exists():
                simulate(root, seed, asked.customers)
            if not (root / "models" / "champion").exists():
                run(root, "train", f"as_of={TRAIN}")
            run(root, "score", f"as_of={SCORE}")
            found.append(judge(list_of(root), true_state(root)))
            if number < asked.interventions:
                found[-1] |= intervene(root, seed, asked.customers)
            print(f"seed {seed}: {describe(found[-1])}", flush=True)
        if len(roots) > 1:
            for figures, share in zip(found, best_possible(roots), strict=True):
                figures[BOUND] = share
    seeds = f"seeds {asked.first} to {asked.first + asked.seeds - 1}"
    companies = f"{asked.seeds} companies of {asked.customers:,} customers ({seeds})."
    text = f"{companies}\n\n{tabulate(found)}\n\n{machine()}"
    print(text)
    if asked.write:
        fill("reasons", text)


def tabulate(found: list[dict[str, float]]) -> str:
    """The mean, its interval and the range of every figure, as a table, and the goals."""
    figures = pd.DataFrame(found)
    lines = ["| | mean | 95% interval | lowest | highest |", "|---|--:|--:|--:|--:|"]
    for name, values in figures.items():
        middle, low, high = (show(str(name), value) for value in (values.mean(), values.min(), values.max()))
        lines.append(f"| {name} | {middle} | {interval(str(name), values.dropna())} | {low} | {high} |")
    mean = figures.mean()
    right, wrong = mean["first reason is the main cause"], mean["reasons that contradict the truth"]
    goals = [
        promise(
            f"first reason is the main cause in at least {LEAST_RIGHT:.0%}: {right:.1%}", right >= LEAST_RIGHT
        ),
        promise(
            f"at most {MOST_WRONG:.0%} of the reasons contradict the truth: {wrong:.1%}", wrong <= MOST_WRONG
        ),
    ]
    return "\n".join([*lines, "", *(f"- {goal}" for goal in goals)])


def interval(name: str, values: pd.Series) -> str:
    """The 95% interval of the mean over companies (Student's t), within what is possible; empty for one."""
    if len(values) < 2:
        return ""
    half, most = float(t.ppf(0.975, len(values) - 1) * values.sem()), math.inf if name in COUNTS else 1.0
    low, high = max(values.mean() - half, 0.0), min(values.mean() + half, most)
    return f"{show(name, low)} to {show(name, high)}"


def describe(figures: dict[str, float]) -> str:
    """The figures of a line."""
    return ", ".join(f"{name} {show(name, value)}" for name, value in figures.items())


def show(name: str, value: float) -> str:
    """A count, or a share in per cent."""
    return f"{value:,.0f}" if name in COUNTS else f"{value:.1%}"


if __name__ == "__main__":
    main()
