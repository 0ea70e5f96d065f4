"""The small demo company that all notebooks share. It does not exist.

The first notebook that runs simulates it, trains its models and makes a list in the folder `company` beside
the notebooks; the others find them there. Delete the folder to begin again.
"""

import io
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Image
from matplotlib.figure import Figure

from holdfast.running import run

ROOT = Path("company").resolve()
SETTINGS = ("source=demo", "experiment=quick")
SIZE = ("demo.customers=800", "demo.truth_weeks=24", "demo.truth_draws=1")
TRAINED, SCORED = "2026-04-06", "2026-05-04"
CHALLENGERS = {"without texts": "model.text=false", "few trees": "model.num_boost_round=10"}

logging.basicConfig(stream=sys.stdout, format="%(message)s")  # what Holdfast warns of is shown below the cell
warnings.filterwarnings("ignore", message="IProgress not found")  # tqdm wants a widget for its progress bars
pd.set_option("display.max_colwidth", None)  # sentences in tables are shown in full


def holdfast(command: str, *settings: str, root: Path = ROOT) -> Any:
    """Run `holdfast COMMAND key=value …` on the company, and return what it made. What stands is reused."""
    return run(command, *SETTINGS, f"paths.root={root}", *settings)


def prepare() -> None:
    """Simulate the company, train its models and make a list, unless that has been done."""
    if (ROOT / "data" / "at_risk" / "latest").exists():
        return
    holdfast("simulate", *SIZE)
    for settings in ([], *([setting] for setting in CHALLENGERS.values())):
        holdfast("train", f"as_of={TRAINED}", *settings)
    holdfast("score", f"as_of={SCORED}")


def picture(figure: Figure, alt: str) -> Image:
    """A figure as a picture for everybody: `alt` says what it shows to those who cannot see it."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=80)
    plt.close(figure)
    return Image(file.getvalue(), alt=alt)
