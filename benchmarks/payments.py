"""Whether customers lost by a failed payment are recognised, at demo companies that sell subscriptions.

    python -m benchmarks.payments                        three companies of 2,000 customers
    python -m benchmarks.payments --seeds 10 --customers 5000 --write

A list is made on four Mondays. Recognised: of the customers whose invoice had failed by then and who were
lost by it later, those on the payment recovery list. Told as dissatisfied: those of them who are on the
at-risk list, and those lost by a payment who are on the win-back list with another reason.
"""

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from benchmarks.reasons import run
from benchmarks.report import fill, machine, promise

TRAIN = "2026-04-06"
MONDAYS = ("2026-04-13", "2026-04-20", "2026-04-27", "2026-05-04")
COMPANY = ("source=demo_subscriptions", "churn=cancellation")
CODE = "PAYMENT_FAILED"
LEAST_RECOGNISED = 0.95


class Lists(NamedTuple):
    """The lists of one date; customer_id, and reason_code on the win-back list."""

    recovery: pd.DataFrame
    at_risk: pd.DataFrame
    win_back: pd.DataFrame


def make_lists(root: Path, seed: int, customers: int) -> tuple[dict[str, Lists], pd.DataFrame]:
    """The lists of a company by date, and the truth."""
    run(root, "simulate", *COMPANY, f"demo.customers={customers}", f"seed={seed}")
    run(root, "train", *COMPANY, f"as_of={TRAIN}")
    for day in MONDAYS:
        run(root, "score", *COMPANY, f"as_of={day}")
    lists = {day: read_lists(root / "data" / "at_risk" / day) for day in MONDAYS}
    return lists, pd.read_parquet(root / "data" / "truth" / "demo_subscriptions.parquet")


def read_lists(folder: Path) -> Lists:
    """The lists in a folder."""
    names = ("payment_recovery", "at_risk", "win_back")
    return Lists(*(pd.read_parquet(folder / f"{name}.parquet") for name in names))


def judge(lists: dict[str, Lists], truth: pd.DataFrame) -> dict[str, int]:
    """Counts over all dates; see the top of the file. `chased` counts all who are on a recovery list."""
    lost = truth[truth["involuntary"]]
    counts = dict.fromkeys(("failing", "recognised", "chased", "told as dissatisfied"), 0)
    for day, made in lists.items():
        moment = pd.Timestamp(day)
        failing = lost[(lost["first_failed_on"] < moment) & (lost["left_on"] >= moment)]["customer_id"]
        gone = lost[lost["left_on"] < moment]["customer_id"]
        told = made.win_back[made.win_back["reason_code"] != CODE]["customer_id"]
        counts["failing"] += len(failing)
        counts["recognised"] += int(failing.isin(made.recovery["customer_id"]).sum())
        counts["chased"] += len(made.recovery)
        counts["told as dissatisfied"] += int(
            failing.isin(made.at_risk["customer_id"]).sum() + gone.isin(told).sum()
        )
    return counts


def main() -> None:
    """Print a line for each company and one for all, and write the latter into README.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    asked = parser.parse_args()
    found: list[dict[str, int]] = []
    for seed in range(1, asked.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            found.append(judge(*make_lists(Path(folder), seed, asked.customers)))
        print(f"seed {seed}: {describe(found[-1])}", flush=True)
    counts = {name: sum(company[name] for company in found) for name in found[0]}
    recognised, told = counts["recognised"] / max(counts["failing"], 1), counts["told as dissatisfied"]
    companies = f"{asked.seeds} companies of {asked.customers:,} customers, {len(MONDAYS)} Mondays"
    share = f"at least {LEAST_RECOGNISED:.0%} recognised: {recognised:.1%}"
    text = "\n".join([
        f"{companies}: {describe(counts)}.",
        "",
        f"- {promise(share, recognised >= LEAST_RECOGNISED)}",
        f"- {promise(f'nobody told as dissatisfied: {told}', told == 0)}",
        "",
        machine(),
    ])  # fmt: skip
    print(text)
    if asked.write:
        fill("payments", text)


def describe(counts: dict[str, int]) -> str:
    """The figures of a line."""
    share = counts["recognised"] / max(counts["failing"], 1)
    return (
        f"{counts['recognised']} of {counts['failing']} lost by a failed payment recognised ({share:.1%}), "
        f"{counts['told as dissatisfied']} told as dissatisfied; {counts['chased']} payments chased"
    )


if __name__ == "__main__":
    main()
