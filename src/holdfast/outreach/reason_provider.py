"""Reasons of customers, worked out when they are asked for: explaining is what costs most of a list."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.explain.attribution import Attribution
from holdfast.explain.explanations import Explanation, customer_reasons, explain
from holdfast.explain.peers import PeerGroups
from holdfast.explain.reasons import Texts
from holdfast.model.bundle import Bundle
from holdfast.outreach.page.waterfall import Waterfall, build_waterfall
from holdfast.outreach.selection import KNOWN, REASONS
from holdfast.outreach.settings import Known

# What is known of a customer, by the feature that has a value then.
SHOWN_BY: dict[Known, str] = {
    "products": "variety__products__all",
    "categories": "variety__categories__all",
    "subscription": "subscription__tenure__all",
    "usage": "usage__days_since__all",
}

logger = logging.getLogger(__name__)


class ReasonProvider:
    """Gives the reasons of customers in the list's language, and keeps what they were made from.

    Attributes:
        customers: whoever was asked about, in the order in which they were explained.
    """

    def __init__(self, bundle: Bundle, model_input: pa.Table, texts: Texts, peer_groups: PeerGroups) -> None:
        """Args: model_input: of all eligible customers; peer_groups: customers who stayed."""
        self.customers: list[str] = []
        self._parts: list[Explanation] = []
        self._bundle, self._rows, self._texts = bundle, model_input, texts
        self._ids = model_input["customer_id"]
        self._peer_groups = peer_groups

    def __call__(self, customers: Sequence[str]) -> pd.DataFrame:
        """customer_id, REASONS and KNOWN, one row each; a reason is null where there are fewer than three."""
        rows = self._rows.take(pc.index_in(pa.array(customers, self._ids.type), value_set=self._ids))
        if not rows.num_rows:
            return pd.DataFrame(columns=["customer_id", *REASONS, KNOWN])
        logger.info("explaining %s customers", f"{rows.num_rows:,}")
        explanation = explain(self._bundle, rows)
        self.customers += customers
        self._parts.append(explanation)
        reasons = customer_reasons(self._bundle, explanation, rows, self._texts, self._peer_groups)
        texts = [[*(one.text for one in several), *[None] * (3 - len(several))] for several in reasons]
        codes = [[*(one.code for one in several), *[None] * (3 - len(several))] for several in reasons]
        every = zip(customers, texts, codes, known_facts(rows), strict=True)
        cells = [[name, *text, *code, known] for name, text, code, known in every]
        return pd.DataFrame(cells, columns=["customer_id", *REASONS, KNOWN], dtype="object")

    @property
    def attribution(self) -> Attribution:
        """Which reason each value speaks for."""
        return Attribution(self._bundle.columns.names, self._bundle.reasons, self._peer_groups)

    def waterfall(self) -> Waterfall | None:
        """What makes the risk of all who were asked about; None: nobody was."""
        if not self._parts:
            return None
        explanation = Explanation(
            np.concatenate([part.matrix for part in self._parts]),
            np.concatenate([part.contributions for part in self._parts]),
            np.concatenate([part.margin for part in self._parts]),
        )
        return build_waterfall(self.customers, explanation, self.attribution, self._bundle.calibration)


def known_facts(rows: pa.Table) -> list[tuple[str, ...]]:
    """For each customer what is known of them, as plays ask for it.

    Args:
        rows: the model's input.
    """
    known = np.zeros((rows.num_rows, len(SHOWN_BY)), bool)
    for place, column in enumerate(SHOWN_BY.values()):
        if column in rows.column_names:
            values = rows[column].cast(pa.float64()).to_numpy()
            known[:, place] = ~np.isnan(values) & (values >= 0)
    return [tuple(name for name, is_known in zip(SHOWN_BY, row, strict=True) if is_known) for row in known]
