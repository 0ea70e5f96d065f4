"""Learn the effect of a contact from the company's own experiments, and from lists beside them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.contracts.arms import ARM, CONTROL
from holdfast.uplift.campaigns import check_balance, describe_campaign
from holdfast.uplift.draws import SNAPSHOT
from holdfast.uplift.effects import Effects, learn_effects
from holdfast.uplift.evidence import by_third, in_words
from holdfast.uplift.learner import Floats, believed, inputs_of, measure_slope, within

KIND = "experiments"


@dataclasses.dataclass(frozen=True)
class ExperimentUplift:
    """The estimated effect on staying, in place of the assumed one as far as it is trusted.

    Attributes:
        effects: on staying, for any features table.
        trust: in [0, 1]; 0: the settings' assumption stands.
    """

    effects: Effects
    trust: float

    def saved_of(self, customers: pd.DataFrame, features: pa.Table, accept_share: float) -> Floats:
        """(customers,) the share of such customers who stay because they are contacted, in (-1, 1).

        Args:
            customers: customer_id, churn_probability, and reach (null: 1), which scales `accept_share`.
            features: the model's input of all customers, in any order.
        """
        rows, probability, shares = inputs_of(customers, features, accept_share)
        assumed = shares * probability
        return within(assumed + self.trust * (self.effects.effect(rows) - assumed), probability)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, to the last digit."""
        return {"kind": KIND, "effects": self.effects.to_dict(), "trust": self.trust}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "ExperimentUplift":
        """From `to_dict`."""
        return cls(Effects.from_dict(content["effects"]), float(content["trust"]))


def rows_with_features(rows: pd.DataFrame, features: pa.Table) -> tuple[pd.DataFrame, pa.Table]:
    """The rows whose snapshot was eligible and has an outcome, with `churned`; and their features."""
    known = features.filter(pc.is_valid(features["churned"]))
    keys = pd.MultiIndex.from_frame(known.select(SNAPSHOT).to_pandas())
    places = keys.get_indexer(pd.MultiIndex.from_frame(rows[SNAPSHOT]))
    taken = known.take(pa.array(places[places >= 0]))
    churned = taken["churned"].to_numpy().astype(np.float64)
    return rows[places >= 0].reset_index(drop=True).assign(churned=churned), taken


def check_campaigns(
    rows: pd.DataFrame, features: pa.Table, covariates: list[str], planned_share: float | None, *, seed: int
) -> tuple[list[dict[str, Any]], Any]:
    """Each campaign for JSON, oldest first; and (rows,) which belong to one whose draw looks random."""
    usable, campaigns = np.zeros(len(rows), bool), []
    for _, part in rows.groupby("campaign"):
        if part[ARM].nunique() == 2:
            balance = check_balance(
                part, features.take(pa.array(part.index)).select(covariates), planned_share
            )
            campaigns.append(describe_campaign(part, balance, seed=seed))
            usable[part.index] = balance.objection() is None
    return sorted(campaigns, key=lambda campaign: campaign["first_day"]), usable


def learn_from_experiments(
    rows: pd.DataFrame, features: pa.Table, moderators: list[str], accept_share: float, *, seed: int
) -> dict[str, Any]:
    """The estimate, and its evidence, for JSON.

    Args:
        rows: customer_id, contacted (1 or 0, by chance), share (the probability of it), churned.
        features: of the same rows.
        moderators: the columns of the linear model of the effect.
        accept_share: of would-be leavers, the share that a contact was assumed to keep.
    """
    contacted, stayed = rows["contacted"].to_numpy(np.float64), 1.0 - rows["churned"].to_numpy(np.float64)
    customer = pd.factorize(rows["customer_id"], sort=True)[0]
    trial = learn_effects(
        features.drop_columns([name for name in (*SNAPSHOT, "churned") if name in features.column_names]),
        contacted, stayed, share=rows["share"].to_numpy(np.float64), units=customer, moderators=moderators,
        seed=seed,
    )  # fmt: skip
    probability = (1.0 - trial.expected).clip(0.0, 1.0)
    assumed = accept_share * probability
    slope, error = measure_slope(
        trial.beyond - assumed * trial.by_chance, (trial.unseen - assumed) * trial.by_chance, customer
    )
    trust = believed(slope, error)
    unseen = within(assumed + trust * (trial.unseen - assumed), probability)
    decision = np.where(contacted > 0, "listed", "held_out")
    weight = np.where(contacted > 0, 1.0, rows["share"] / (1 - rows["share"]))
    return {
        "what": in_words(trust, slope, error),
        "trust": trust,
        "slope": slope,
        "slope_error": error,
        "thirds": by_third(rows.assign(decision=decision, weight=weight), unseen, seed=seed),
        "mix": dict(zip(("same for all", "linear", "trees"), trial.effects.mix.tolist(), strict=True)),
        "model": ExperimentUplift(trial.effects, trust).to_dict(),
    }


def pool(campaigns: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """Rows of campaigns and of lists: customer_id, as_of, contacted, share, decision.

    Args:
        campaigns: rows of campaigns whose draw looks random.
        drawn: rows of lists: customer_id, as_of, decision, listed_share.
    """
    contacted = (campaigns[ARM] != CONTROL).astype("float64")
    share = contacted.groupby(campaigns["campaign"]).transform("mean")
    ours = campaigns.assign(contacted=contacted, share=share)
    if len(drawn):
        listed = (drawn["decision"] == "listed").astype("float64")
        drawn = drawn.assign(contacted=listed, share=drawn["listed_share"])
    parts = [part[[*SNAPSHOT, "contacted", "share"]] for part in (ours, drawn) if len(part)]
    return pd.concat(parts, ignore_index=True)
