"""What follows a stage in every run, also when its artifact is reused: promote, publish, refuse.

Nothing here imports an engine or a model library: a command that has nothing to do is quick.
"""

import logging

from holdfast.artifacts import audits, lists, monitor
from holdfast.artifacts.models import CARD, Model, decide_champion
from holdfast.artifacts.trials import forget_trials
from holdfast.audit import findings
from holdfast.evaluation.refusals import refuse_leak
from holdfast.monitor.refusals import refuse_verdict
from holdfast.runtime.context import RunContext

logger = logging.getLogger(__name__)


def promote(context: RunContext, model: Model) -> None:
    """Make a promoted model the champion, and delete the fits of its search; refuse a leak."""
    forget_trials(context.root)
    if decide_champion(context.root, model, context.started, again=context.config.force):
        logger.info("%s: %s", model.version, model.gate["decision"])
    refuse_leak(model.gate, str(model.folder / CARD))


def refuse_leaks(_: RunContext, audited: audits.Audit) -> None:
    """Fail the command if the audit found a leak."""
    findings.refuse_leaks(audited.content()["findings"], str(audited.folder / audits.REPORT))


def make_current(context: RunContext, published: lists.PublishedList) -> None:
    """Point the links at a finished list, unless its verdict is too bad; write it to the set database."""
    day, current, settings = published.as_of, lists.latest(context.root), context.config
    stands = "no list is published" if current is None else f"the list of {current.as_of} stays the latest"
    refuse_verdict(
        published.manifest["monitor"], settings.monitor, f"the list of {day} is not published: ",
        where=str(published.folder / lists.REPORT), expected=f"inputs as the model knows them; {stands}",
        more=f". All figures: holdfast monitor as_of={day}",
    )  # fmt: skip
    lists.publish(context.root, published, context.started)
    for notice in published.manifest["banner"]:
        logger.warning(notice)
    if current is not None and current.as_of > day:
        logger.warning("latest stays the list of %s, which is newer", current.as_of)
    listed, eligible = (f"{published.manifest['counts'][name]:,}" for name in ("listed", "eligible"))
    logger.info("published %s of %s eligible customers as of %s", listed, eligible, day)
    if settings.outreach.database.url is not None:
        from holdfast.outreach.database import deliver

        deliver(published.listed(), day, settings.outreach.database)


def refuse_unreliable(context: RunContext, findings: monitor.MonitorFindings) -> None:
    """Fail the command, so that a scheduler stops, if the model or its data is unreliable."""
    refuse_verdict(
        findings.manifest, context.config.monitor, "", where=str(findings.folder / monitor.REPORT),
        expected="a model that can be relied on",
    )  # fmt: skip
