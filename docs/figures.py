"""Runs again what the README quotes and writes it between its `<!-- figures:… -->` marks.

`make figures`, with ARGS="demo" or ARGS="real --online-retail FILE" for a part of it. No figure in the README
is typed by hand. Online Retail is left out where its file is not given and not in data/raw/online_retail/.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
SHOWN_CALLS = 4


class Trial(NamedTuple):
    """A log cut off at `as_of`, trained and scored there, and held against what then happened."""

    title: str
    source: str
    as_of: date
    horizon_days: int
    active_within_days: int


TRIALS = [
    Trial("Complete Journey", "complete_journey", date(2017, 12, 17), 14, 56),
    Trial("Online Retail", "online_retail", date(2011, 10, 10), 60, 180),
]


def holdfast(root: Path, *words: str) -> str:
    """What a stage prints when it is run below `root`; its progress goes to the terminal."""
    command = [sys.executable, "-m", "holdfast", *words, f"paths.root={root}"]
    done = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).replace(f"{root}/", "")
    return "\n".join(line.rstrip() for line in plain.splitlines()).strip("\n")


def demo(root: Path) -> str:
    """What `make demo` ends with: the list, of which a page shows the first rows only."""
    holdfast(root, "simulate")
    holdfast(root, "train")
    kept, row = [], 0
    for line in holdfast(root, "score", "as_of=latest").splitlines():
        started = re.match(r"│ +(\d+) │", line)
        row = int(started[1]) if started else row if line.startswith("│") else 0
        if row <= SHOWN_CALLS:
            kept.append(line)
        elif started and row == SHOWN_CALLS + 1:
            kept.append(re.sub(r"[^│]", " ", line).replace("    ", "  ⋮ ", 1))
    return "```text\n" + "\n".join(kept) + "\n```"


def outcome(root: Path, trial: Trial) -> str:
    """A row of the table: scores at `as_of` against the purchases after it, read from the raw log again."""
    questions = [
        f"source={trial.source}",
        f"churn.horizon_days={trial.horizon_days}",
        f"churn.active_within_days={trial.active_within_days}",
    ]
    holdfast(root, "train", f"as_of={trial.as_of}", *questions)
    holdfast(root, "score", f"as_of={trial.as_of}", *questions)
    scores = root / f"data/scores/{trial.as_of}/scores.parquet"
    purchases = root / f"data/validated/{trial.source}/transactions.parquet/*.parquet"
    rows = duckdb.execute(
        """
        SELECT s.churn_probability,
               -max(epoch(occurred_at)) FILTER (occurred_at < $as_of) AS silence,
               count(*) FILTER (occurred_at >= $as_of AND occurred_at < $as_of + to_days($horizon)) = 0
                   AS churned
        FROM read_parquet($scores) s JOIN read_parquet($purchases) p USING (customer_id)
        WHERE p.amount > 0 GROUP BY s.customer_id, s.churn_probability
        """,
        {
            "as_of": trial.as_of,
            "horizon": trial.horizon_days,
            "scores": str(scores),
            "purchases": str(purchases),
        },
    ).fetchnumpy()
    churned = np.asarray(rows["churned"]).astype(int)
    cells = [
        trial.title,
        str(trial.as_of),
        f"{trial.horizon_days} days",
        f"{len(churned):,}",
        f"{churned.mean():.1%}",
        f"{roc_auc_score(churned, rows['silence']):.3f}",
        f"**{roc_auc_score(churned, rows['churn_probability']):.3f}**",
        f"{average_precision_score(churned, rows['churn_probability']):.3f}",
    ]
    return "| " + " | ".join(cells) + " |"


def real(roots: Path, retail: Path | None) -> str:
    """The table of trials: what the scores were worth, once the future had come."""
    lines = [
        "Cut off at `as of`, trained, scored, and held against who then really stayed away:",
        "",
        "| log | as of | away for | customers | left | AUC of silence alone | AUC | average precision |",
        "|---|---|---|--:|--:|--:|--:|--:|",
    ]
    for trial in TRIALS:
        root = roots / trial.source
        if trial.source == "online_retail":
            if retail is None:
                print("Online Retail is left out: no file", file=sys.stderr)
                continue
            raw = root / "data/raw/online_retail"
            raw.mkdir(parents=True)
            (raw / retail.name).symlink_to(retail.resolve())
        lines.append(outcome(root, trial))
    return "\n".join(lines)


def fill(name: str, content: str) -> None:
    """Put `content` between the marks `name` of the README."""
    text = README.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- figures:{name} -->\n).*?(\n<!-- /figures:{name} -->)", re.DOTALL)
    filled, count = marks.subn(lambda found: found[1] + content + found[2], text)
    if count != 1:
        raise SystemExit(f"README.md has {count} blocks figures:{name}, expected 1")
    README.write_text(filled, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill the blocks that are asked for; all of them when none is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("blocks", nargs="*", metavar="demo|real")
    parser.add_argument("--online-retail", type=Path, default=None, metavar="FILE")
    chosen = parser.parse_args(arguments)
    blocks = chosen.blocks or ["demo", "real"]
    retail = chosen.online_retail
    if retail is None:
        retail = next((p for p in (PROJECT / "data/raw/online_retail").glob("*.*")), None)
    with tempfile.TemporaryDirectory() as place:
        if "demo" in blocks:
            fill("demo", demo(Path(place) / "demo"))
        if "real" in blocks:
            fill("real", real(Path(place), retail))


if __name__ == "__main__":
    main()
