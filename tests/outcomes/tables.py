"""Customers that a list decided about, for the tests of the outcomes."""

from typing import Any

import numpy as np
import pandas as pd

PLAIN = {
    "as_of": "2026-08-03", "decision": "listed", "held_since": None, "churn_probability": 0.5, "value": 100.0,
    "value_at_risk": 50.0, "risk_tier": None, "reason_1_code": "LONG_SILENCE", "recommended_action": "call",
    "churned": 0.0, "spend": 10.0, "contacted": None, "cost": np.nan, "compared": True, "why_not": "",
    "weight": 1.0,
}  # fmt: skip


def people(*groups: tuple[int, dict[str, Any]]) -> pd.DataFrame:
    """So many customers of each kind; what is not told is PLAIN."""
    rows = [PLAIN | told for size, told in groups for _ in range(size)]
    frame = pd.DataFrame(rows)
    if "customer_id" not in frame.columns:
        frame.insert(0, "customer_id", [f"{number:04d}" for number in range(len(frame))])
    return frame


def arms(listed: int, listed_left: int, held: int, held_left: int, **told) -> pd.DataFrame:
    """Listed and held-out customers, of whom so many left."""
    held_out = {"decision": "held_out"} | told
    return people(
        (listed_left, {"churned": 1.0} | told),
        (listed - listed_left, told),
        (held_left, {"churned": 1.0} | held_out),
        (held - held_left, held_out),
    )
