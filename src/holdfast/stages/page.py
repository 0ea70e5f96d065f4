"""What the list's page tells beside the list: its words, each customer's history, what makes their risk."""

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from holdfast.job import Job
from holdfast.model.bundle import Bundle
from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.history import History, choose_dates, recall
from holdfast.outreach.page.island import Page
from holdfast.outreach.page.waterfall import build_waterfall
from holdfast.stages.past import SCORES, earlier_runs
from holdfast.stages.telling import Teller


def page_inputs(job: Job, day: dt.date) -> dict[str, Any]:
    """All that decides the page beside the list itself."""
    runs = earlier_runs(job, day)
    return {
        "words": job.config.page[job.config.language].model_dump(),
        "history": {str(date): runs[date]["files"][SCORES] for date in choose_dates(runs, day)},
    }


def page_of(job: Job, bundle: Bundle, found: AtRiskList, teller: Teller) -> Page:
    """The page of a list; of nobody but those who are on it."""
    config, explanation = job.config, teller.explanation
    return Page(
        words=config.page[config.language],
        language=config.language,
        currency=config.source.currency,
        history=read_history(job, found),
        waterfall=None
        if explanation is None
        else build_waterfall(teller.customers, explanation, bundle.reasons, bundle.calibration),
        actionable=frozenset(config.outreach.playbook),
    )


def read_history(job: Job, found: AtRiskList) -> History:
    """The earlier scores of the listed customers."""
    runs, listed = earlier_runs(job, found.as_of), found.listed["customer_id"]
    scored: list[tuple[dt.date, str, pd.DataFrame]] = []
    for date in choose_dates(runs, found.as_of):
        table = pq.read_table(
            job.layout.scores(date) / SCORES,
            columns=["customer_id", "churn_probability"],
            filters=[("customer_id", "in", listed.to_list())] if len(listed) else None,
            partitioning=None,
        )
        scored.append((date, str(runs[date]["model_version"]), table.to_pandas()))
    return recall(listed, scored, found.model_version)
