"""What a selection holds: all lists of one as-of date, and what the page shows about their customers."""

import dataclasses

import pandas as pd

from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.history import History
from holdfast.outreach.page.waterfall import Waterfall
from holdfast.outreach.winback import WinBack


@dataclasses.dataclass(frozen=True)
class SelectionContent:
    """The lists of one as-of date with all their decisions, and what the page shows of the listed customers.

    Attributes:
        win_back: the win-back list; None: switched off.
        recovery: the payment recovery list; None: switched off, or the source has no payments.
        history: the earlier probabilities of the listed customers.
        waterfall: their risk breakdown; None: nobody is listed.
        moved: customer_id → code of the reason that changed the risk most since the last list; None: unknown.
        cases: further facts about the listed customers, for the caller.
    """

    at_risk: AtRiskList
    win_back: WinBack | None
    recovery: pd.DataFrame | None
    history: History
    waterfall: Waterfall | None
    moved: pd.Series | None
    cases: pd.DataFrame
