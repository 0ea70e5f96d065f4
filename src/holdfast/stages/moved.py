"""The reason that changed a customer's risk most since the last list."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.parallel import map_buckets
from holdfast.errors import NoFitModel
from holdfast.explain.attribution import Attribution
from holdfast.explain.explanations import explain
from holdfast.features.extraction import extract_bucket
from holdfast.features.request import request_at
from holdfast.model.bundle import Bundle
from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.waterfall import Waterfall, build_waterfall, moved_most
from holdfast.runtime.context import StageRun
from holdfast.scoring.model_input import model_input
from holdfast.snapshots.cohorts import Snapshots
from holdfast.text.collecting import collect_texts, read_texts


def find_moved(
    run: StageRun, bundle: Bundle, attribution: Attribution, at_risk: AtRiskList, now: Waterfall,
    then: dt.date, validated: ValidatedTables, streams: Streams,
) -> pd.Series | None:  # fmt: skip
    """For customers with status `worse` or `better`, the reason that changed most since the last list.

    The list's model explains both dates, so that only the customer differs.

    Args:
        then: the as-of date of the last list.

    Returns:
        customer_id → reason code or null; None: nobody is worse or better, or the source lacked columns of
        the model then.
    """
    listed = at_risk.listed
    rose = listed[listed["status_vs_last"].isin(["worse", "better"])].set_index("customer_id")
    if rose.empty:
        return None
    rows = input_of(run, bundle, pa.array(rose.index, pa.string()), then, validated, streams)
    try:
        explanation = explain(bundle, rows)
    except NoFitModel:
        return None
    names = rows["customer_id"].to_pylist()
    before = build_waterfall(names, explanation, attribution, bundle.calibration)
    return moved_most(now, before, rose["status_vs_last"] == "worse")


def input_of(
    run: StageRun, bundle: Bundle, customers: pa.Array, day: dt.date, validated: ValidatedTables,
    streams: Streams,
) -> pa.Table:  # fmt: skip
    """The model's input for some customers at an earlier as-of date."""
    settings = run.settings
    with run.engine() as engine:
        tables = validated.tables(engine)
        extraction = request_at(
            tables, settings.source.attributes, (day,), churn=settings.churn,
            outcome=settings.churn.outcome(0), features=settings.features, known_before=day,
        )  # fmt: skip
        texts = collect_texts(tables, day)
        log = None if texts is None or bundle.text is None else read_texts(texts, (day,))

    def among(ids: pa.Array, snapshots: Snapshots) -> Any:
        return np.asarray(pc.is_in(ids, value_set=customers))[snapshots.customer]

    def work(number: int) -> pa.Table:
        return extract_bucket(extraction, streams.bucket(number, extraction.streams), only=among)

    return model_input(bundle, pa.concat_tables(map_buckets(work, streams.buckets, run.threads)), log)
