"""score: model and streams → scores of every eligible customer at one as-of date."""

import logging
from typing import Any

from holdfast.artifacts.models import Model
from holdfast.artifacts.scores import ScoringHistory, read_model_input, write_model_input, write_scores
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.validated import ValidatedTables
from holdfast.engine.parallel import map_buckets
from holdfast.errors import DataRefused, GuardRefused
from holdfast.features.request import log_before, outcome_by, request_at
from holdfast.model.bundle import Bundle
from holdfast.monitor.delivery_contents import judge_deliveries
from holdfast.monitor.look import take_look
from holdfast.monitor.profile import Tally
from holdfast.runtime.context import StageRun
from holdfast.scoring.model_input import bucket_input
from holdfast.scoring.scores import guard_scores, rank_customers
from holdfast.text.collecting import collect_texts, read_texts

SHOWN = 3  # findings in a refusal

logger = logging.getLogger(__name__)


def score(
    run: StageRun, model: Model, validated: ValidatedTables, streams: Streams, history: ScoringHistory
) -> dict[str, Any]:
    """Write the model's input bucket by bucket, score it, and refuse impossible scores."""
    contents, doubts = check_deliveries(run, validated, history)
    if model.as_of > run.day:
        logger.warning("the model of %s has seen what happened after %s", model.as_of, run.day)
    bundle = model.bundle()
    rows = write_input(run, bundle, validated, streams)
    if not rows:
        raise DataRefused(
            "nobody is eligible at the as-of date",
            where=f"as_of={run.day}, churn={run.settings.churn.kind}",
            next_step="check the date, and who counts as eligible: holdfast score --help",
        )
    profile, limits = model.profile(), run.settings.monitor
    tally = Tally(profile)
    parts = tally.passing(read_model_input(run.out), rows)
    scores = rank_customers(bundle, parts, run.day, model.version)
    guard_scores(scores)
    counts = tally.to_table()
    write_scores(run.out, scores, counts)
    look = take_look(
        profile, counts, model.score_reference(), scores["churn_probability"].to_numpy(),
        day=run.day, trained=model.as_of, limits=limits,
    )  # fmt: skip
    verdict = look.verdict(limits, run.settings.churn.horizon_days)
    return {
        "as_of": str(run.day), "model_version": model.version, "rows": rows,
        "monitor": {**verdict.to_dict(), **look.figures()}, "tables": contents, "deliveries": doubts,
    }  # fmt: skip


def check_deliveries(
    run: StageRun, validated: ValidatedTables, history: ScoringHistory
) -> tuple[dict[str, dict[str, float]], list[dict[str, Any]]]:
    """The contents of the tables, and notices of unusual deliveries (see `outreach.banner`).

    Raises:
        GuardRefused: a delivery is too unusual to score.
    """
    earlier = history.run(history.dates[-1]) if history.dates else None
    before, contents = None if earlier is None else earlier.manifest.get("tables"), validated.contents
    found = judge_deliveries(
        validated.arrivals(), run.day, contents, before, run.settings.churn.stream, validated.rejected_files
    )
    refused = [finding for finding in found if finding.refuse]
    if refused and not run.settings.monitor.accept_changes:
        raise GuardRefused(
            "what arrived cannot be right: no list is made of it",
            where=f"data/validated, {refused[0].table}",
            found="; ".join(finding.what for finding in refused[:SHOWN]),
            expected="deliveries like those before; the list before stays",
            next_step="fix the export and run again; if it is right: monitor.accept_changes=true, once",
        )
    for finding in found:
        logger.warning(finding.what)
    return contents, [{"code": finding.code, "figures": finding.figures} for finding in found]


def write_input(run: StageRun, bundle: Bundle, validated: ValidatedTables, streams: Streams) -> int:
    """Write the model's input of every bucket and return the number of customers."""
    settings = run.settings
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_by(settings.churn, settings.timeline, log_before(tables, settings.churn, run.day))
        extraction = request_at(
            tables, settings.source.attributes, (run.day,),
            churn=settings.churn, outcome=outcome, features=settings.features, known_before=run.day,
        )  # fmt: skip
        texts = collect_texts(tables, run.day)
        log = None if texts is None or bundle.text is None else read_texts(texts, (run.day,))
    logger.info("%d features as of %s", len(extraction.plan.columns), run.day)

    def work(number: int) -> int:
        part = bucket_input(extraction, streams.bucket(number, extraction.streams), bundle, log)
        write_model_input(run.out, number, part)
        return int(part.num_rows)

    return sum(map_buckets(work, streams.buckets, run.threads))
