"""Customers who were lost in a period: they lapsed, or left by the churn question."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from ibis import Table

from holdfast.engine.parallel import Buckets
from holdfast.scoring.leavers import find_leavers
from holdfast.scoring.settings import LapsedSettings
from holdfast.scoring.silence import measure_silence
from holdfast.snapshots.churn import Churn
from holdfast.timeline.settings import TimelineSettings


def find_lost(
    tables: Mapping[str, Table], buckets: Buckets, first: dt.date, day: dt.date, *, churn: Churn,
    timeline: TimelineSettings, settings: LapsedSettings,
) -> pd.DataFrame:  # fmt: skip
    """The customers lost in `[first, day)`, as known before `day`: see `leavers.find_leavers`."""
    silence = measure_silence(tables, buckets, day, churn=churn, timeline=timeline, settings=settings)
    return find_leavers(
        tables, churn, day, within_days=(day - first).days, least_days=churn.horizon_days,
        lapsed=silence.lapsed, limits=silence.limits,
    )  # fmt: skip
