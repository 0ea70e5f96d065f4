"""How much is at stake with a listed customer, and what to do: tier, action and channel."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from holdfast.outreach.settings import Channels, Play, Tier, Tiers


def risk_tiers(customer_id: pd.Series, value_at_risk: pd.Series, tiers: Tiers) -> pd.Series:
    """`high`, `medium` or `low` by the money at risk, one a listed customer, aligned by index.

    Going from the most value at risk down, customers are `high` until the share `tiers.high` of the
    list's whole value at risk is reached, then `medium` for the next share, then `low`. The customer
    with whom a border is reached still belongs above it, so the first one is `high` unless that share
    is 0. Equal values are taken in the order of customer_id.
    """
    frame = pd.DataFrame({"customer_id": customer_id, "money": value_at_risk})
    frame = frame.sort_values(["money", "customer_id"], ascending=[False, True])
    total = float(frame["money"].sum())
    before = (frame["money"].cumsum() - frame["money"]) / total if total > 0 else frame["money"]
    # Running sums lose the last digits: 0.1 + 0.2 + 0.2 must reach a border of 0.5.
    before = before.round(9)
    names = np.select([before < tiers.high, before < tiers.high + tiers.medium], ["high", "medium"], "low")
    return pd.Series(names, index=frame.index, dtype="str").reindex(customer_id.index)


def choose_play(
    codes: Sequence[str | None], tier: Tier, *, playbook: Mapping[str, Play], default: str, channels: Channels
) -> tuple[str, str]:
    """Action and channel for a customer: of the first reason that the playbook knows, else the default.

    Args:
        codes: the reason codes, the strongest first; None where there are fewer.
    """
    general: str = getattr(channels, tier)
    for code in codes:
        play = playbook.get(code) if code is not None else None
        if play is not None:
            return play.action, play.channel.get(tier, general)
    return default, general
