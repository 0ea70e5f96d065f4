"""Small demo companies, simulated as `holdfast simulate` does."""

import datetime as dt
import functools
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.raw import demo_folder, read_truth
from holdfast.config import Config, load_config
from holdfast.demo.company import DemoReport
from holdfast.demo.settings import DemoSettings
from holdfast.runtime.context import RunContext
from holdfast.stages.simulate import simulate

plain = functools.cache(load_config)


def root_of(folder: Path) -> Root:
    """The root in a folder."""
    return Root(folder, "demo")


def simulate_into(folder: Path, seed: int, **settings: object) -> DemoReport:
    """A company of these settings; its truth is left out unless it is asked for."""
    demo = DemoSettings.model_validate({"truth_weeks": 0, **settings})
    config: Config = plain().model_copy(update={"demo": demo, "seed": seed})
    return simulate(RunContext(config, root_of(folder), dt.datetime.now(dt.UTC)))


def read(folder: Path, table: str) -> pd.DataFrame:
    """A raw table."""
    return pd.DataFrame(pq.read_table(demo_folder(root_of(folder)) / table).to_pandas())


def truth_of(folder: Path) -> pa.Table:
    """The true probabilities."""
    truth = read_truth(root_of(folder))
    assert truth is not None
    return truth
