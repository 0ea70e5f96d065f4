"""Reasons of customers, computed on demand, because explaining is the most expensive step of a list."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.explain.attribution import Attribution
from holdfast.explain.explanations import Explanation, customer_reasons, explain
from holdfast.explain.peers import PeerGroups
from holdfast.explain.settings import DEFAULTS, ExplainSettings
from holdfast.explain.texts import Texts
from holdfast.model.bundle import Bundle
from holdfast.outreach.page.waterfall import Waterfall, build_waterfall
from holdfast.outreach.selection import KNOWN, REASONS
from holdfast.outreach.settings import Known

# Known data → the feature that has a value if the data exists.
SHOWN_BY: dict[Known, str] = {
    "products": "variety__products__all",
    "categories": "variety__categories__all",
    "subscription": "subscription__tenure__all",
    "usage": "usage__days_since__all",
    "next_attempt": "payments__next_attempt_in__all",
}

logger = logging.getLogger(__name__)


class ReasonProvider:
    """Computes reasons in the list's language and keeps the explanations for the waterfall."""

    def __init__(
        self, bundle: Bundle, model_input: pa.Table, texts: Texts, peer_groups: PeerGroups,
        settings: ExplainSettings = DEFAULTS,
    ) -> None:  # fmt: skip
        """Args: model_input: rows of all eligible customers; peer_groups: retained customers."""
        self.customers: list[str] = []
        self._parts: list[Explanation] = []
        self._bundle, self._rows, self._texts = bundle, model_input, texts
        self._ids = model_input["customer_id"]
        self._peer_groups, self._settings = peer_groups, settings

    def __call__(self, customers: Sequence[str]) -> pd.DataFrame:
        """customer_id, REASONS and KNOWN, one row per customer; missing reasons are null."""
        rows = self._rows.take(pc.index_in(pa.array(customers, self._ids.type), value_set=self._ids))
        if not rows.num_rows:
            return pd.DataFrame(columns=["customer_id", *REASONS, KNOWN])
        logger.info("explaining %s customers", f"{rows.num_rows:,}")
        explanation = explain(self._bundle, rows)
        self.customers += customers
        self._parts.append(explanation)
        reasons = customer_reasons(
            self._bundle, explanation, rows, self._texts, self._peer_groups, self._settings
        )
        records = []
        for customer, several, known in zip(customers, reasons, known_facts(rows), strict=True):
            padding = [None] * (3 - len(several))
            texts, codes = [reason.text for reason in several], [reason.code for reason in several]
            records.append([customer, *texts, *padding, *codes, *padding, known])
        return pd.DataFrame(records, columns=["customer_id", *REASONS, KNOWN], dtype="object")

    @property
    def attribution(self) -> Attribution:
        """The mapping of feature values to reasons."""
        return Attribution(self._bundle.columns.names, self._bundle.reasons, self._peer_groups)

    def waterfall(self) -> Waterfall | None:
        """The risk breakdown of all explained customers; None: nobody was explained."""
        if not self._parts:
            return None
        explanation = Explanation(
            np.concatenate([part.matrix for part in self._parts]),
            np.concatenate([part.contributions for part in self._parts]),
            np.concatenate([part.margin for part in self._parts]),
        )
        return build_waterfall(self.customers, explanation, self.attribution, self._bundle.calibration)


def known_facts(rows: pa.Table) -> list[tuple[str, ...]]:
    """For each row of the model's input the data that exists, in the terms of `When.known`."""
    exists = np.zeros((rows.num_rows, len(SHOWN_BY)), bool)
    for index, column in enumerate(SHOWN_BY.values()):
        if column in rows.column_names:
            exists[:, index] = rows[column].cast(pa.float64()).to_numpy() >= 0  # false for NaN
    return [tuple(name for name, is_known in zip(SHOWN_BY, row, strict=True) if is_known) for row in exists]
