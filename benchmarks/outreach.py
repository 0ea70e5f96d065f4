"""Whom to call: what a list brings beside other rankings, at companies whose true effects are known.

Each seed is a company of its own. It lives through months of lists: each list is called, which changes what
its customers buy (`benchmarks.treatment`), while some are held out. Then one more list is made, and every
ranking of the same customers is worth what calling its first ones truly brings.

In time: a customer is truly gone once a faded habit has taken 90% of their buying (GONE of the logarithm of
the intensity), had nobody called them. Lost are those who became gone between the lists. Their value is
listed in time if a list named them, or drew them for its hold-out, at least EARLY_DAYS before.
"""

import argparse
import contextlib
import datetime as dt
import io
import multiprocessing
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from benchmarks.report import fill, machine, promise
from benchmarks.response import response_shares
from benchmarks.treatment import treat_company
from numpy.typing import NDArray

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.lists import ListHistory
from holdfast.cli import main as holdfast

FIRST, LAST, EVERY_DAYS = dt.date(2025, 10, 6), dt.date(2026, 7, 6), 28
HORIZON_DAYS = 60
LIGHT = (
    "threads=1",
    "tracking=off",
    "model.n_bags=2",
    "model.text=false",
    "timeline.snapshots=12",
    "outreach.win_back_days=0",
)
NOT_TO_CALL = ("do_not_contact", "no_consent", "already_leaving", "cool_down", "held_out")
LEAST_OF_BEST = 0.8
GONE, EARLY_DAYS = float(np.log(10)), 30
LEAST_IN_TIME, MOST_GONE = 0.7, 0.15

Floats = NDArray[np.float64]


def main(arguments: list[str] | None = None) -> None:
    """Live through each company, and print what every ranking brings."""
    asked = parse(arguments)
    seeds = range(1, asked.seeds + 1)
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        found = pd.concat(pool.map(live, seeds, [asked] * len(seeds)), ignore_index=True)
    print(found.pivot(index=["seed", "trust"], columns="ranking", values="money").round().to_string(), "\n")
    text = tabulate(found, asked)
    print(text)
    if asked.write:
        fill("outreach", text)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--capacity", type=int, default=300, help="customers called of each list")
    parser.add_argument("--holdout", type=float, default=0.2, help="share held out of each list")
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    return parser.parse_args(arguments)


def live(seed: int, asked: argparse.Namespace) -> pd.DataFrame:
    """One company: months of lists that are called, then what each ranking of the last date brings."""
    root = Path(tempfile.mkdtemp(prefix="holdfast-outreach-"))
    settings = (
        f"paths.root={root}", f"seed={seed}", f"demo.customers={asked.customers}", *LIGHT,
        f"outreach.capacity={asked.capacity}",
    )  # fmt: skip
    try:
        run("simulate", *settings)
        run("train", f"as_of={FIRST}", *settings)
        date = FIRST
        while date + dt.timedelta(days=HORIZON_DAYS) < LAST:
            run("score", f"as_of={date}", f"outreach.holdout_share={asked.holdout}", *settings)
            call(root, date, seed)
            date += dt.timedelta(days=EVERY_DAYS)
        run("train", f"as_of={LAST}", *settings)
        run("score", f"as_of={LAST}", "outreach.holdout_share=0", *settings)
        return weigh(root, asked.capacity, seed)
    finally:
        shutil.rmtree(root)


def run(*words: str) -> None:
    """One stage, in this process; what it prints is of no interest here."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        code = holdfast(list(words))
    if code:
        raise RuntimeError(f"holdfast {' '.join(words)}: exit {code}\n{said.getvalue()}")


def call(root: Path, date: dt.date, seed: int) -> None:
    """Everybody on a list is called, and it changes what they buy."""
    raw = root / "data/raw/demo"
    listed = sorted(pd.read_parquet(root / f"data/at_risk/{date}/at_risk.parquet")["customer_id"])
    shares = response_shares(raw, listed, date)
    treat_company(
        raw, listed, date, window=(date, date + dt.timedelta(days=HORIZON_DAYS)), seed=seed,
        persuadable=shares["persuadable"].to_numpy(), disturbed=shares["disturbed"].to_numpy(),
    )  # fmt: skip


def weigh(root: Path, capacity: int, seed: int) -> pd.DataFrame:
    """For each ranking, the true net money of calling its first customers; one row a ranking.

    A customer's true saving is the share that a call keeps of their true probability of leaving, less the
    share that it drives away of the rest; what they are worth, and what a call costs, is as the list has it.
    Customers who are there only because an earlier call kept them have no true probability and are left out.
    """
    lists = ListHistory(Root(root, "demo"))
    randomized, manifest = lists.randomized(LAST), lists.at(LAST).manifest
    assert randomized is not None
    told = {name: manifest["uplift"].get(name, 0) for name in ("trust", "listed", "held_out")}
    decided = randomized.decisions
    truth = pq.read_table(root / "data/truth/demo.parquet", filters=[("as_of", "=", LAST)]).to_pandas()
    rows = decided[~decided["decision"].isin(NOT_TO_CALL)].merge(
        truth[["customer_id", "churn_probability"]], on="customer_id", suffixes=("", "_true")
    )
    rows = rows.sort_values("customer_id", ignore_index=True)
    leaves = rows["churn_probability_true"].to_numpy()
    shares = response_shares(root / "data/raw/demo", rows["customer_id"].tolist(), LAST)
    outreach = manifest["settings"]["outreach"]
    cost = outreach["contact_cost"]
    same_for_all, fading = (
        rows["value_at_risk"] * share - cost for share in (outreach["accept_share"], rows["accept_share"])
    )
    own = rows["expected_net_value"].where(rows["decision"] != "lapsed", -cost)
    told |= in_time(root, lists)
    saving = leaves * shares["persuadable"].to_numpy() - (1 - leaves) * shares["disturbed"].to_numpy()
    true = saving * rows["value"].to_numpy() - cost
    money = {
        "this list": first(own.to_numpy(), true, capacity, least=0.0),
        "the same without uplift": first(fading.to_numpy(), true, capacity, least=0.0),
        "without uplift and lapsed": first(same_for_all.to_numpy(), true, capacity, least=0.0),
        "by value at risk": first(rows["value_at_risk"].to_numpy(), true, capacity),
        "by risk": first(rows["churn_probability"].to_numpy(), true, capacity),
        "at random": float(true.mean() * min(capacity, len(true))),
        "the best possible": first(true, true, capacity, least=0.0),
    }
    return pd.DataFrame({"seed": seed, "ranking": list(money), "money": list(money.values()), **told})


def in_time(root: Path, lists: ListHistory) -> dict[str, float]:
    """Shares: `in_time`, of the value of customers who were lost between the lists; `gone`, of all listed."""
    truth = pd.read_parquet(root / "data/truth/demo.parquet", columns=["customer_id", "as_of", "silence"])
    silence: Any = truth.pivot(index="customer_id", columns="as_of", values="silence")
    published = [randomized for date in lists.dates if (randomized := lists.randomized(date)) is not None]
    decided = pd.concat([each.decisions.assign(as_of=each.as_of) for each in published], ignore_index=True)
    decided = decided[decided["customer_id"].isin(silence.index)]
    truly = [silence.at[who, day] for who, day in zip(decided["customer_id"], decided["as_of"], strict=True)]
    is_gone, is_listed = np.array(truly) >= GONE, (decided["decision"] == "listed").to_numpy()
    by_customer = decided.assign(gone=is_gone, named=is_listed | (decided["decision"] == "held_out"))
    value = by_customer[~by_customer["gone"]].groupby("customer_id")["value"].last()
    named = by_customer[by_customer["named"]].groupby("customer_id")["as_of"].min()
    gone: Any = (silence >= GONE).loc[:, [day for day in silence if day <= LAST]]
    lost: Any = gone[gone.any(axis=1)].idxmax(axis=1)
    lost = lost[lost.index.isin(value.index) & (lost > FIRST + dt.timedelta(days=EARLY_DAYS))]
    refused = decided[decided["decision"].isin(["no_consent", "do_not_contact"])]["customer_id"]
    lost = lost[~lost.index.isin(refused)]
    early = lost.index.isin(named.index) & (
        named.reindex(lost.index).fillna(LAST) <= lost - dt.timedelta(days=EARLY_DAYS)
    )
    money = value.reindex(lost.index)
    return {"in_time": float(money[early].sum() / money.sum()), "gone": float(is_gone[is_listed].mean())}


def first(score: Floats, true: Floats, capacity: int, least: float = -np.inf) -> float:
    """The true money of the first `capacity` customers by a score, of those above `least`."""
    order = np.argsort(-score, kind="stable")[:capacity]
    return float(true[order[score[order] > least]].sum())


def tabulate(found: pd.DataFrame, asked: argparse.Namespace) -> str:
    """The rankings beside each other, and whether what was to be reached was."""
    money = found.pivot(index="seed", columns="ranking", values="money")[found["ranking"].unique()]
    best, own = money["the best possible"], money["this list"]
    lines = [
        f"{len(money)} companies of {asked.customers:,} customers, {asked.capacity} calls; learned from "
        f"{found['listed'].mean():,.0f} listed and {found['held_out'].mean():,.0f} held-out customers "
        f"({asked.holdout:.0%} of each list), trust {found['trust'].mean():.2f} on the average.",
        "",
        "| ranking | net money | of the best possible | on the worst seed | this list ahead by | on seeds |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name in money.columns:
        share, ahead = money[name] / best, own - money[name]
        half = 1.96 * ahead.std(ddof=1) / np.sqrt(len(ahead)) if len(ahead) > 1 else np.nan
        gap = f"{ahead.mean():,.0f} (± {half:,.0f})" if name != "this list" else ""
        seeds = (
            f"{(ahead > 0).sum()} of {len(ahead)}" if name not in ("this list", "the best possible") else ""
        )
        figures = f"{money[name].mean():,.0f} | {share.mean():.0%} | {share.min():.0%}"
        lines.append(f"| {name} | {figures} | {gap} | {seeds} |")
    each = found.groupby("seed")[["in_time", "gone"]].first().mean()
    lines += ["", *verdicts(own, money["by risk"], best, each), "", machine()]
    return "\n".join(lines)


def verdicts(own: Any, by_risk: Any, best: Any, each: Any) -> list[str]:
    """What was to be reached."""
    every, share = bool((own > by_risk).all()), float((own / best).mean())
    in_time = (
        f"at least {LEAST_IN_TIME:.0%} of the value that is lost is listed {EARLY_DAYS} days or more before: "
        f"{each['in_time']:.0%}"
    )
    gone = f"at most {MOST_GONE:.0%} of the listed are truly gone already: {each['gone']:.0%}"
    return [
        f"- {'met' if every else '**missed**'}: better than ranking by risk on every seed",
        f"- {'met' if share >= LEAST_OF_BEST else '**missed**'}: at least {LEAST_OF_BEST:.0%} of the best "
        f"possible ranking: {share:.0%}",
        f"- {promise(in_time, each['in_time'] >= LEAST_IN_TIME)}",
        f"- {promise(gone, each['gone'] <= MOST_GONE)}",
    ]


if __name__ == "__main__":
    main()
