"""publish: a selection → the files of the list, published atomically."""

import logging
from typing import Any

from holdfast.artifacts.lists import PublishedList, write_list
from holdfast.artifacts.selections import Selection
from holdfast.artifacts.validated import ValidatedTables
from holdfast.outreach.banner import Notice
from holdfast.outreach.briefs import write_briefs
from holdfast.outreach.files import render_files
from holdfast.outreach.page.island import Page
from holdfast.outreach.templates import choose_templates
from holdfast.runtime.context import StageRun
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
        "rows", "lapsed", "uplift", "monitor", "guarded", "payment_recovery", "base",
    )  # fmt: skip
    back = about["win_back"]
    return {
        **{name: about[name] for name in names},
        "banner": list(banner), "run_id": run_id, "selection": selection.name, "source": settings.source.name,
        "win_back": None if back is None else {name: back[name] for name in ("counts", "limits")},
        "left_since_last": len(content.at_risk.left),
        "settings": {**about["settings"], **run.declared}, "made_from": about["reads"],
    }  # fmt: skip
