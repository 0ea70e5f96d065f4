"""Whether the stated reasons are the true ones, at demo companies that know why each customer turns.

    python -m benchmarks.reasons                        three companies of 2,000 customers
    python -m benchmarks.reasons --seeds 10 --customers 5000

The truth holds what a faded habit, trouble with support and risen prices have taken from the
logarithm of each customer's intensity of buying. The main cause is the largest of the three, each
in excess of what it takes from the median customer of that date. A reason that speaks of another
cause than the main one is not right; a reason whose cause has taken no more than from the median
customer contradicts the truth. General reasons speak of no cause, nor do RARELY_BUYS and
LONGER_GAPS: how often a customer buys at all is no turn.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

TRAIN, SCORE = "2026-04-06", "2026-05-04"
CAUSES = ["silence", "service", "prices"]
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


def run(root: Path, *words: str) -> None:
    """Run a command of Holdfast below a root of its own."""
    command = [sys.executable, "-m", "holdfast", *words, f"paths.root={root}", "tracking=off"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def list_of(root: Path, seed: int, customers: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The list of a company, and the truth of its date; index: customer_id."""
    company = (f"demo.customers={customers}", "demo.truth_weeks=16", "demo.truth_draws=1", f"seed={seed}")
    run(root, "simulate", *company)
    run(root, "train", f"as_of={TRAIN}")
    run(root, "score", f"as_of={SCORE}")
    listed = pd.read_csv(root / "data" / "at_risk" / SCORE / "at_risk.csv", dtype={"customer_id": "str"})
    truth = pd.read_parquet(root / "data" / "truth" / "demo.parquet")
    truth = truth[truth["as_of"].astype("str") == SCORE].set_index("customer_id")
    return listed.set_index("customer_id"), truth


def judge(listed: Any, truth: Any) -> dict[str, float]:
    """Shares of a list's customers and reasons; see the top of the file."""
    taken = truth[CAUSES]
    excess = (taken - taken.median()).reindex(listed.index)
    main = excess.idxmax(axis=1)
    stated = [listed[f"reason_{place}_code"] for place in (1, 2, 3)]
    causes = [codes.map(CAUSE_OF) for codes in stated]
    count = sum(int(codes.notna().sum()) for codes in stated)
    wrong = sum(
        bool(excess.loc[str(customer), str(cause)] <= 0)
        for each in causes
        for customer, cause in each.dropna().items()
    )
    return {
        "customers": len(listed),
        "first reason is the main cause": float((causes[0] == main).mean()),
        "first reason is general": float(causes[0].isna().mean()),
        "main cause is silence": float(main.eq("silence").mean()),
        "reasons": count,
        "reasons that contradict the truth": wrong / max(count, 1),
    }


def main() -> None:
    """Print a line for each company, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=2000)
    asked = parser.parse_args()
    found: list[dict[str, float]] = []
    for seed in range(1, asked.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            found.append(judge(*list_of(Path(folder), seed, asked.customers)))
        print(f"seed {seed}: {describe(found[-1])}", flush=True)
    mean = {name: sum(one[name] for one in found) / len(found) for name in found[0]}
    print(f"mean: {describe(mean)}")


def describe(figures: dict[str, float]) -> str:
    """The figures of a line."""
    return ", ".join(
        f"{name} {value:,.0f}" if name in ("customers", "reasons") else f"{name} {value:.1%}"
        for name, value in figures.items()
    )


if __name__ == "__main__":
    main()
