"""What past campaigns by chance bring: a company with experiments before its first list, and true effects.

Each seed is a company of its own, whose customers respond to a call as `benchmarks.response` says. Months
before its first list it called half of its customers, drawn by chance, several times, and recorded who was
called and who was the control group. Then one list is made, with and without what these campaigns teach, and
compared with the best possible: the true churn reduction of the customers on it, on the mean.
"""

import argparse
import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.outreach import HORIZON_DAYS, LIGHT, run
from benchmarks.report import fill, machine
from benchmarks.response import response_shares
from benchmarks.treatment import replace_table, treat_company

CAMPAIGNS = (dt.date(2025, 9, 1), dt.date(2025, 11, 10), dt.date(2026, 1, 19), dt.date(2026, 4, 6))
AS_OF = dt.date(2026, 7, 6)
ACTIVE_DAYS, CAPACITY = 180, 200


def main(arguments: list[str] | None = None) -> None:
    """Live through each company, print the true churn reductions, and write them into README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=6000)
    asked = parser.parse_args(arguments)
    rows = pd.concat([live(seed, asked.customers) for seed in range(101, 101 + asked.seeds)])
    text = tabulate(rows, asked.customers)
    print(text)
    if vars(asked) == vars(parser.parse_args([])):
        fill("campaigns", text)


def live(seed: int, customers: int) -> pd.DataFrame:
    """One company: its campaigns, then its list with and without them."""
    root = Path(tempfile.mkdtemp(prefix="holdfast-campaigns-"))
    settings = (
        f"paths.root={root}", f"seed={seed}", f"demo.customers={customers}", *LIGHT,
        f"outreach.capacity={CAPACITY}", "outreach.holdout_share=0", "demo.truth_draws=20",
    )  # fmt: skip
    try:
        run("simulate", *settings)
        for date in CAMPAIGNS:
            draw_campaign(root / "data/raw/demo", date, seed)
        run("train", f"as_of={AS_OF}", *settings)
        found = []
        for name, use in (("with campaigns", "true"), ("without", "false")):
            run("score", f"as_of={AS_OF}", f"uplift.use={use}", *settings)
            found.append(weigh(root, name).assign(seed=seed))
        return pd.concat(found)
    finally:
        shutil.rmtree(root)


def draw_campaign(raw: Path, date: dt.date, seed: int) -> None:
    """Half of the active customers are called, which changes what they buy; the others are the control."""
    lines = pq.read_table(raw / "order_lines", columns=["customer_no", "placed_at"]).to_pandas()
    ago = pd.Timestamp(date) - lines["placed_at"]
    active = lines.loc[
        (ago > pd.Timedelta(0)) & (ago <= pd.Timedelta(days=ACTIVE_DAYS)), "customer_no"
    ].dropna()
    customers = np.array(sorted(set(active)))
    called = np.random.default_rng([seed, date.toordinal(), 1]).random(len(customers)) < 0.5
    names = customers[called].tolist()
    shares = response_shares(raw, names, date)
    treat_company(
        raw, names, date, window=(date, date + dt.timedelta(days=HORIZON_DAYS)), seed=seed,
        persuadable=shares["persuadable"].to_numpy(), disturbed=shares["disturbed"].to_numpy(),
    )  # fmt: skip
    contacts = pq.read_table(raw / "contacts").to_pandas()
    campaign = f"list-{date}"
    contacts.loc[contacts["campaign"] == campaign, "arm"] = "CONTACTED"
    control = pd.DataFrame(
        {
            "contact_id": [f"K{date:%Y%m%d}-{name}" for name in customers[~called]],
            "customer_no": customers[~called],
            "sent_at": pd.Timestamp(date) + pd.Timedelta(hours=10),
            "campaign": campaign,
            "arm": "CONTROL",
        }
    )
    schema = pq.read_schema(next((raw / "contacts").glob("*.parquet")))
    both = pd.concat([contacts, control], ignore_index=True)
    replace_table(raw / "contacts", pa.Table.from_pandas(both, schema=schema, preserve_index=False))


def weigh(root: Path, name: str) -> pd.DataFrame:
    """The true churn reduction, in points, of the customers on the list, and of the best possible."""
    raw = root / "data/raw/demo"
    truth = pq.read_table(root / "data/truth/demo.parquet", filters=[("as_of", "=", AS_OF)]).to_pandas()
    shares = response_shares(raw, truth["customer_id"].tolist(), AS_OF)
    leaves = truth["churn_probability"].to_numpy()
    saved = leaves * shares["persuadable"].to_numpy() - (1 - leaves) * shares["disturbed"].to_numpy()
    listed = pq.read_table(root / f"data/at_risk/{AS_OF}/at_risk.parquet")["customer_id"].to_pylist()
    manifest = json.loads((root / f"data/at_risk/{AS_OF}/manifest.json").read_text("utf-8"))
    row: dict[str, Any] = {
        "list": name,
        "listed": len(listed),
        "reduction": 100 * saved[truth["customer_id"].isin(listed)].mean(),
        "best": 100 * np.sort(saved)[-CAPACITY:].mean(),
        "what": manifest["uplift"]["what"],
    }
    return pd.DataFrame([row])


def tabulate(rows: pd.DataFrame, customers: int) -> str:
    """The lists beside each other."""
    lines = [
        f"Companies of {customers:,} customers, four campaigns of half of them; churn reduction of the "
        f"{CAPACITY} customers listed, in points, by the true effects.",
        "",
        "| seed | with campaigns | without | best possible | uplift |",
        "|--:|--:|--:|--:|---|",
    ]
    for seed, part in rows.groupby("seed"):
        first, second = (part[part["list"] == name].iloc[0] for name in ("with campaigns", "without"))
        figures = f"{first['reduction']:.1f} | {second['reduction']:.1f} | {first['best']:.1f}"
        lines.append(f"| {seed} | {figures} | {first['what']} |")
    return "\n".join([*lines, "", machine()])


if __name__ == "__main__":
    main()
