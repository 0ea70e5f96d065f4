"""publish: a selection → the files of the list, published atomically."""

import logging
from typing import Any

from holdfast.artifacts.lists import REPORT, PublishedList, latest, write_list
from holdfast.artifacts.lists import publish as publish_list
from holdfast.artifacts.selections import Selection
from holdfast.artifacts.validated import ValidatedTables
from holdfast.errors import GuardRefused
from holdfast.monitor.verdict import refuses
from holdfast.outreach.banner import Notice
from holdfast.outreach.briefs import write_briefs
from holdfast.outreach.database import deliver
from holdfast.outreach.exports import choose_templates
from holdfast.outreach.files import render_files
from holdfast.outreach.page.island import Page
from holdfast.runtime.context import RunContext, StageRun
from holdfast.scoring.profile import known_columns

logger = logging.getLogger(__name__)


def publish(run: StageRun, selection: Selection, validated: ValidatedTables) -> dict[str, Any]:
    """Write the files of a list."""
    passed = None
    if run.settings.source.passthrough:
        with run.engine() as engine:
            passed = known_columns(validated.tables(engine), run.day, run.settings.source.passthrough)
    settings, content = run.settings, selection.content()
    run_id = PublishedList.folder_of(run.root, run.key).name
    banner = tuple(
        settings.page_words.notice(Notice(**notice)) for notice in selection.manifest["notices"]
    )  # fmt: skip
    page = Page(
        words=settings.page_words, language=settings.language, churn=settings.churn.kind,
        currency=settings.source.currency,
        history=content.history, waterfall=content.waterfall, moved=content.moved,
        actionable=frozenset(settings.outreach.playbook), notices=banner,
        briefs=write_briefs(content.at_risk.listed, content.cases, settings.page_words),
    )  # fmt: skip
    files = render_files(
        content.at_risk, page, run_id=run_id, win_back=content.win_back, recovery=content.recovery,
        sources=settings.wording.sources,
        templates=choose_templates(settings.exports, settings.outreach.export), passed=passed,
    )  # fmt: skip
    write_list(run.out, files)
    about = selection.manifest
    names = (
        "as_of", "outcome_window_end", "model_version", "previous_run_id", "counts", "limit", "limits",
        "rows", "lapsed", "uplift", "monitor", "guarded", "payment_recovery",
    )  # fmt: skip
    back = about["win_back"]
    return {
        **{name: about[name] for name in names},
        "banner": list(banner), "run_id": run_id, "selection": selection.name, "source": settings.source.name,
        "win_back": None if back is None else {name: back[name] for name in ("counts", "limits")},
        "left_since_last": len(content.at_risk.left),
        "settings": {**about["settings"], **run.declared}, "made_from": about["reads"],
    }  # fmt: skip


def refuse_broken(context: RunContext, published: PublishedList) -> None:
    """Do not publish a list if the monitor's verdict is too bad; the previous list stays current.

    Raises:
        GuardRefused: the verdict on the scoring run is at least as severe as `monitor.refuse`.
    """
    verdict = published.manifest["monitor"]
    if not refuses(verdict["verdict"], context.config.monitor.refuse):
        return
    first, current = verdict["reasons"][0], latest(context.root)
    stands = "no list is published" if current is None else f"the list of {current.as_of} stays the latest"
    raise GuardRefused(
        f"the list of {published.as_of} is not published: {verdict['meaning']}",
        where=str(published.folder / REPORT),
        found=first["what"],
        expected=f"inputs as the model knows them (monitor.refuse={context.config.monitor.refuse}); {stands}",
        next_step=f"{first['next_step']}. All figures: holdfast monitor as_of={published.as_of}",
    )


def make_current(context: RunContext, published: PublishedList) -> None:
    """Point the links at a finished list, and write it to the configured database."""
    refuse_broken(context, published)
    publish_list(context.root, published, context.started)
    for notice in published.manifest["banner"]:
        logger.warning(notice)
    current = latest(context.root)
    if current is not None and current.as_of > published.as_of:
        logger.warning("latest stays the list of %s, which is newer", current.as_of)
    counts = published.manifest["counts"]
    logger.info(
        "published %s of %s eligible customers as of %s",
        f"{counts['listed']:,}", f"{counts['eligible']:,}", published.as_of,
    )  # fmt: skip
    database = context.config.outreach.database
    if deliver(published.listed(), published.as_of, database):
        logger.info(
            "delivered %s rows to %s.%s", f"{counts['listed']:,}", database.table_schema, database.table
        )
