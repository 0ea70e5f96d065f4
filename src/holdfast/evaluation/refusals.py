"""Refuse to promote a model that sees the future. Imports nothing heavy: it runs after every training."""

from collections.abc import Mapping
from typing import Any

from holdfast.errors import GuardRefused


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
