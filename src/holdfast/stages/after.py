"""What follows a stage in every run, also when its artifact is reused: promote, publish, refuse.

Nothing here imports an engine or a model library: a command that has nothing to do is quick.
"""

import logging
from collections.abc import Mapping
from typing import Any

from holdfast.artifacts.audits import REPORT as AUDIT_REPORT
from holdfast.artifacts.audits import Audit
from holdfast.artifacts.lists import REPORT as LIST_REPORT
from holdfast.artifacts.lists import PublishedList, latest
from holdfast.artifacts.lists import publish as publish_list
from holdfast.artifacts.models import CARD, Model, decide_champion
from holdfast.artifacts.monitor import REPORT as MONITOR_REPORT
from holdfast.artifacts.monitor import MonitorFindings
from holdfast.artifacts.trials import forget_trials
from holdfast.audit import findings
from holdfast.errors import GuardRefused
from holdfast.runtime.context import RunContext

logger = logging.getLogger(__name__)


def promote(context: RunContext, model: Model) -> None:
    """Make a promoted model the champion, and delete the fits of its search; refuse a leak."""
    forget_trials(context.root)
    if decide_champion(context.root, model, context.started, again=context.config.force):
        logger.info("%s: %s", model.version, model.gate["decision"])
    refuse_leak(model.gate, str(model.folder / CARD))


def refuse_leak(gate: Mapping[str, Any], where: str) -> None:
    """Fail a training whose model is not promoted because a column leaks the future.

    Args:
        gate: the decision as JSON.
        where: the model card.

    Raises:
        GuardRefused: there is such a leak, and it is not accepted.
    """
    leak = gate.get("leak")
    if leak is not None and not leak["accepted"]:
        raise GuardRefused(
            "a column knows the future: the model is kept, not promoted",
            where=where,
            found=leak["what"],
            expected="columns that hold what was known at each as-of date",
            next_step=f"{leak['next_step']}; gate.accept_leak=true promotes the model all the same",
        )


def refuse_leaks(_: RunContext, audited: Audit) -> None:
    """Fail the command if the audit found a leak."""
    findings.refuse_leaks(audited.content()["findings"], str(audited.folder / AUDIT_REPORT))


def refuse_broken(context: RunContext, published: PublishedList) -> None:
    """Do not publish a list if the monitor's verdict is too bad; the previous list stays current.

    Raises:
        GuardRefused: the verdict on the scoring run is at least as severe as `monitor.refuse`.
    """
    verdict = published.manifest["monitor"]
    if not context.config.monitor.refuses(verdict["verdict"]):
        return
    first, current = verdict["reasons"][0], latest(context.root)
    stands = "no list is published" if current is None else f"the list of {current.as_of} stays the latest"
    raise GuardRefused(
        f"the list of {published.as_of} is not published: {verdict['meaning']}",
        where=str(published.folder / LIST_REPORT),
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
    if database.url is not None:
        from holdfast.outreach.database import deliver

        deliver(published.listed(), published.as_of, database)
        logger.info(
            "delivered %s rows to %s.%s", f"{counts['listed']:,}", database.table_schema, database.table
        )


def refuse_unreliable(context: RunContext, findings: MonitorFindings) -> None:
    """Fail the command, so that a scheduler stops, if the model or its data is unreliable.

    Raises:
        GuardRefused: the verdict is at least as severe as `monitor.refuse`.
    """
    manifest = findings.manifest
    if not context.config.monitor.refuses(manifest["verdict"]):
        return
    first = manifest["reasons"][0]
    raise GuardRefused(
        manifest["meaning"].rstrip("."),
        where=str(findings.folder / MONITOR_REPORT),
        found=first["what"],
        expected=f"a model that can be relied on (monitor.refuse={context.config.monitor.refuse})",
        next_step=first["next_step"] or "holdfast train",
    )
