"""Reasons of customers, worked out when they are asked for: explaining is what costs most of a list."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.explain.explanations import Explanation, customer_reasons, explain, typical_customer
from holdfast.job import Job
from holdfast.model.bundle import Bundle
from holdfast.outreach.selection import REASONS


class Teller:
    """Tells the reasons of customers in the list's language, and keeps what they were told from.

    Attributes:
        customers: whoever was asked about, in the order in which they were explained.
    """

    def __init__(self, job: Job, bundle: Bundle, features: pa.Table) -> None:
        """Args: features: of all eligible customers, texts included."""
        self.customers: list[str] = []
        self._parts: list[Explanation] = []
        self._texts = job.config.reasons[job.config.language]
        self._say, self._bundle, self._features = job.say, bundle, features
        self._ids = features["customer_id"]
        self._typical = typical_customer(features)

    def __call__(self, customers: Sequence[str]) -> pd.DataFrame:
        """customer_id and REASONS, one row each of the customers; null where there are fewer than three."""
        rows = self._features.take(pc.index_in(pa.array(customers, self._ids.type), value_set=self._ids))
        if not rows.num_rows:
            return pd.DataFrame(columns=["customer_id", *REASONS])
        self._say(f"explaining {rows.num_rows:,} customers")
        explanation = explain(self._bundle, rows)
        self.customers += customers
        self._parts.append(explanation)
        told = customer_reasons(self._bundle, explanation, rows, self._texts, self._typical)
        texts = [[*(one.text for one in several), *[None] * (3 - len(several))] for several in told]
        codes = [[*(one.code for one in several), *[None] * (3 - len(several))] for several in told]
        cells = [[name, *text, *code] for name, text, code in zip(customers, texts, codes, strict=True)]
        return pd.DataFrame(cells, columns=["customer_id", *REASONS], dtype="object")

    @property
    def explanation(self) -> Explanation | None:
        """Of all who were asked about, a row each of `customers`; None: nobody was."""
        if not self._parts:
            return None
        return Explanation(
            np.concatenate([part.matrix for part in self._parts]),
            np.concatenate([part.contributions for part in self._parts]),
            np.concatenate([part.margin for part in self._parts]),
        )
