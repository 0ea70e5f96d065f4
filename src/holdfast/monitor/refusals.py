"""Refuse to go on with a model whose verdict is too bad. Imports nothing heavy: it runs after every list."""

from collections.abc import Mapping
from typing import Any

from holdfast.errors import GuardRefused
from holdfast.monitor.settings import MonitorSettings


def refuse_verdict(
    verdict: Mapping[str, Any], settings: MonitorSettings, what: str, *, where: str, expected: str,
    more: str = "",
) -> None:  # fmt: skip
    """Fail the command if a verdict is at least as severe as `monitor.refuse`.

    Args:
        verdict: as JSON, the most severe reason first.
        what: the start of the message; the verdict's meaning follows.
        where: the page with the figures.
        more: appended to the next step.

    Raises:
        GuardRefused: the verdict is too bad.
    """
    if not settings.refuses(verdict["verdict"]):
        return
    first = verdict["reasons"][0]
    raise GuardRefused(
        f"{what}{verdict['meaning'].rstrip('.')}",
        where=where,
        found=first["what"],
        expected=f"{expected} (monitor.refuse={settings.refuse})",
        next_step=f"{first['next_step'] or 'holdfast train'}{more}",
    )
