"""What the list's page tells beside the list: its words, each customer's history, what makes their risk."""

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from holdfast.job import Job, Manifest
from holdfast.model.bundle import Bundle
from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.history import History, choose_dates, recall
from holdfast.outreach.page.island import Page
from holdfast.outreach.page.waterfall import build_waterfall
from holdfast.stages.past import SCORES, manifests_of, scored_dates
from holdfast.stages.telling import Teller


def page_inputs(job: Job, day: dt.date) -> dict[str, Any]:
    """All that decides the page beside the list itself."""
    return {
        "words": job.config.page[job.config.language].model_dump(),
        "history": {str(date): run["files"][SCORES] for date, run in shown_runs(job, day).items()},
    }


def shown_runs(job: Job, day: dt.date) -> dict[dt.date, Manifest]:
    """The manifests of the earlier scoring runs that the page shows, oldest first."""
    return manifests_of(job, choose_dates(scored_dates(job, day), day))


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
    listed = found.listed["customer_id"]
    scored: list[tuple[dt.date, str, pd.DataFrame]] = []
    for date, run in shown_runs(job, found.as_of).items():
        table = pq.read_table(
            job.layout.scores(date) / SCORES,
            columns=["customer_id", "churn_probability"],
            filters=[("customer_id", "in", listed.to_list())] if len(listed) else None,
            partitioning=None,
        )
        scored.append((date, str(run["model_version"]), table.to_pandas()))
    return recall(listed, scored, found.model_version)
