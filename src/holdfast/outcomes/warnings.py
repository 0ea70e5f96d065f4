"""Warnings about weaknesses of an outcome's figures."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from holdfast.outcomes.randomized import RandomizedList

MAX_CONTACTED_CONTROLS = 0.1  # share of the control group; with more, the effect is clearly understated


def find_warnings(
    content: Mapping[str, Any], followed: pd.DataFrame, lists: list[RandomizedList]
) -> list[str]:
    """The warnings of an outcome.

    Args:
        content: the figures (see `outcomes.measure`), and `contacts`: where contacts are known from, or null.
        followed: see `outcomes.follow_up`.
    """
    warnings = []
    if not any(published.holdout_share for published in lists):
        warnings.append(
            "nobody was held out (outreach.holdout_share=0): nothing can be said about what calling changed"
        )
    if any(
        (published.outcome_window_end - published.as_of).days > published.settings["holdout_days"]
        for published in lists
    ):
        warnings.append(
            "customers are held out for fewer days than the outcome window takes (outreach.holdout_days): "
            "some may have been called before it ended"
        )
    compared = followed[followed["compared"]]
    held = compared.loc[compared["decision"] == "held_out", "contacted"].dropna()
    if len(held) and held.mean() > MAX_CONTACTED_CONTROLS:
        warnings.append(
            f"{held.mean():.0%} of the held out were contacted too, if not by this list: "
            "what contacts do in all is understated"
        )
    if content["contacts"] is None:
        warnings.append(
            "nothing says who was really contacted: give a file (contacts_file=…) or map the table contacts"
        )
    elif not followed.loc[followed["decision"] == "listed", "contacted"].any():
        warnings.append("nobody on the list was contacted, as far as the contacts say")
    if missing := content["compared"]["not_compared"]["no_label"]:
        warnings.append(
            f"{missing:,} listed or held-out customers have no outcome: erased, or corrected since"
        )
    return warnings
