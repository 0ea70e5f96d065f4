"""What the list's page tells beside the list: its words, each customer's history, what makes their risk."""

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.engine.extract import feature_parts
from holdfast.errors import NoFitModel
from holdfast.explain.explanations import explain
from holdfast.job import Job, Manifest, Result
from holdfast.model.bundle import Bundle
from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.history import History, choose_dates, recall
from holdfast.outreach.page.island import Page
from holdfast.outreach.page.waterfall import Waterfall, build_waterfall, moved_most
from holdfast.publication import published_before
from holdfast.stages.past import SCORES, manifests_of, scored_dates
from holdfast.stages.telling import Teller
from holdfast.stages.texts import read_texts
from holdfast.storage import MANIFEST, read_json


def page_inputs(job: Job, day: dt.date) -> dict[str, Any]:
    """All that decides the page beside the list itself."""
    return {
        "words": job.config.page[job.config.language].model_dump(),
        "history": {str(date): run["files"][SCORES] for date, run in shown_runs(job, day).items()},
        "features_then": None if (then := features_then(job, day)) is None else then.manifest["fingerprint"],
    }


def features_then(job: Job, day: dt.date) -> Result | None:
    """The features as of the last list before a day; None: there is no such list, or they are gone."""
    earlier = published_before(job.layout, day)
    folder = job.layout.features("score", earlier[-1]) if earlier else None
    manifest = None if folder is None else read_json(folder / MANIFEST)
    return None if folder is None or manifest is None else Result(folder, manifest)


def shown_runs(job: Job, day: dt.date) -> dict[dt.date, Manifest]:
    """The manifests of the earlier scoring runs that the page shows, oldest first."""
    return manifests_of(job, choose_dates(scored_dates(job, day), day))


def page_of(job: Job, bundle: Bundle, found: AtRiskList, teller: Teller) -> Page:
    """The page of a list; of nobody but those who are on it."""
    config, explanation = job.config, teller.explanation
    waterfall = None
    if explanation is not None:
        waterfall = build_waterfall(teller.customers, explanation, bundle.reasons, bundle.calibration)
    return Page(
        words=config.page[config.language],
        language=config.language,
        currency=config.source.currency,
        history=read_history(job, found),
        waterfall=waterfall,
        moved=None if waterfall is None else find_moved(job, bundle, found, waterfall),
        actionable=frozenset(config.outreach.playbook),
    )


def find_moved(job: Job, bundle: Bundle, found: AtRiskList, now: Waterfall) -> pd.Series | None:
    """For whoever is worse or better off than on the last list, the reason that moved most since then.

    Both dates are explained by the list's own model, so that what differs is the customer.

    Returns:
        customer_id → reason code or null; None: nobody moved, or the features of then are gone or lack some
        columns.
    """
    listed, then = found.listed, features_then(job, found.as_of)
    rose = listed[listed["status_vs_last"].isin(["worse", "better"])].set_index("customer_id")
    if then is None or rose.empty:
        return None
    moved = pa.array(rose.index, pa.string())
    table = pa.concat_tables(
        part.filter(pc.is_in(part["customer_id"], value_set=moved)) for part in feature_parts(then.folder)
    )
    try:
        explanation = explain(bundle, bundle.with_texts(table, read_texts(then)))
    except NoFitModel:  # of a source that has more tables by now
        return None
    names = table["customer_id"].to_pylist()
    before = build_waterfall(names, explanation, bundle.reasons, bundle.calibration)
    return moved_most(now, before, rose["status_vs_last"] == "worse")


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
