"""Examine the features of a source: the leakage experiment, and columns that leak by themselves."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from ibis import Table

from holdfast.audit.feature_maker import FeatureMaker
from holdfast.audit.findings import count_severities, in_order
from holdfast.audit.judge import judge_columns, judge_tables
from holdfast.audit.leakage_experiment import LeakageExperiment, at
from holdfast.audit.mutable_columns import presence_of
from holdfast.audit.proof import KEYS, VARIANTS, findings_of
from holdfast.audit.settings import AuditSettings

logger = logging.getLogger(__name__)


def examine(
    tables: Mapping[str, Table], rows: pa.Table, maker: FeatureMaker, dates: tuple[dt.date, ...],
    origins: Mapping[str, str], settings: AuditSettings, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """The findings and their figures, as JSON.

    Args:
        rows: the features of a training.
        dates: the as-of dates of the experiment, oldest first.
        origins: column → the contract table it is computed from.
    """
    experiment = LeakageExperiment(tables, maker.features, maker.engine.keep, maker.customers, seed)
    whole, differences = experiment.run(dates)
    by_date = {date: at(whole, date) for date in dates}
    presence = presence_of([features["customer_id"].combine_chunks() for features in by_date.values()])
    findings, undated = judge_tables(tables, maker.attributes, presence, settings)
    logger.info("looking for columns that leak by themselves")
    labelled = rows.filter(rows["churned"].is_valid())
    figures, suspects = judge_columns(labelled, by_date[dates[-1]], origins, undated, settings)
    findings = in_order([*findings_of(differences, origins), *suspects, *findings])
    return {
        "counts": {
            "columns": len([name for name in whole.column_names if name not in KEYS]),
            "rows": whole.num_rows,
            "differing": len({difference.column for difference in differences}),
            **count_severities(findings),
        },
        "dates": {str(date): features.num_rows for date, features in by_date.items()},
        "variants": VARIANTS,
        "differences": [difference.to_dict() for difference in differences],
        "findings": [finding.to_dict() for finding in findings],
        "columns": figures,
    }
