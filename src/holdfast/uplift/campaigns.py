"""The company's own experiments: campaigns of which chance decided who was contacted, and a control group."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import Table
from numpy.typing import NDArray

from holdfast.contacts.days import CONTACTS
from holdfast.contracts.arms import ARM, CONTROL
from holdfast.metrics.bootstrap import as_dicts
from holdfast.outcomes.effect import measure_effect
from holdfast.timeline.outcome import Outcome
from holdfast.timeline.span import midnight
from holdfast.uplift.moderators import learn_moderators

NOT_BY_CHANCE = 0.001  # of a true draw, one in a thousand has so small a p-value
ARMS = ("contacted", CONTROL)
SNAPSHOT = ["customer_id", "as_of"]
COLUMNS = [*SNAPSHOT, "campaign", "action", "cost", ARM]


class Balance(NamedTuple):
    """Whether the draw of a campaign looks random.

    Attributes:
        share_p: of the same share contacted on each day of the campaign, or of the share that was planned.
        covariates_p: of no difference between the arms in what was known before the campaign.
        worst: the covariate that differs most, in standard deviations, as (name, difference).
    """

    share_p: float
    covariates_p: float
    worst: tuple[str, float]

    def objection(self) -> str | None:
        """Why the draw does not look random; None: it does."""
        if self.share_p < NOT_BY_CHANCE:
            return f"the share contacted does not fit a draw (p = {self.share_p:.1g})"
        if self.covariates_p < NOT_BY_CHANCE:
            name, difference = self.worst
            return (
                f"contacted and control differed before (p = {self.covariates_p:.1g}; most in {name}, "
                f"by {difference:+.2f} standard deviations)"
            )
        return None


def read_experiments(tables: Mapping[str, Table], day: dt.date, outcome: Outcome) -> pd.DataFrame:
    """The assignments whose outcome was known before a day; empty: no contact has an `arm`.

    Returns:
        COLUMNS: as_of (the day of the contact), campaign (without one: the day), action (null: unknown or
        control), cost (null: unknown), arm; one row a customer and campaign. Customers in both arms of a
        campaign are left out.
    """
    if CONTACTS not in tables or ARM not in tables[CONTACTS].columns:
        return pd.DataFrame(columns=COLUMNS)
    table = tables[CONTACTS]
    wanted = [name for name in ("campaign", "action", "cost") if name in table.columns]
    table = table.filter(table[ARM].notnull(), table.known_at < midnight(day))
    rows: pd.DataFrame = table.select("customer_id", "contacted_at", ARM, *wanted).to_pandas()
    rows["as_of"] = rows["contacted_at"].dt.date
    mature = [date for date in rows["as_of"].unique() if outcome.mature_at(date) <= day]
    rows = rows[rows["as_of"].isin(mature)]
    campaign = rows["as_of"].astype("str")
    rows["campaign"] = rows["campaign"].fillna(campaign) if "campaign" in rows else campaign
    rows = rows.reindex(columns=[*rows.columns, *({"action", "cost"} - set(rows.columns))])
    rows = rows.sort_values(["campaign", "customer_id", "contacted_at"])
    arms = rows.groupby(["campaign", "customer_id"])[ARM].transform("nunique")
    rows = rows[arms == 1].drop_duplicates(["campaign", "customer_id"], ignore_index=True)
    return rows[COLUMNS]


def largest(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows of the campaigns whose smaller arm is largest."""
    sizes = rows.groupby("campaign")[ARM].agg(lambda arm: min((arm == CONTROL).sum(), (arm != CONTROL).sum()))
    return rows[rows["campaign"].isin(sizes.sort_values(ascending=False, kind="stable").index[:most])]


def check_balance(rows: pd.DataFrame, features: pa.Table, planned_share: float | None = None) -> Balance:
    """Test whether the draw of one campaign looks random.

    The share is tested by a binomial test of the planned one, or else as homogeneity over the campaign's
    days (Pearson's chi-squared); the covariates together by an F test of the linear regression of the arm.

    Args:
        features: the covariates of the same rows as of the day of contact.
    """
    from scipy.stats import binomtest, chi2_contingency

    contacted = (rows[ARM] != CONTROL).to_numpy()
    if planned_share is not None:
        share_p = float(binomtest(int(contacted.sum()), len(rows), planned_share).pvalue)
    else:
        days = pd.crosstab(rows["as_of"], contacted)
        share_p = float(chi2_contingency(days)[1]) if min(days.shape) > 1 else 1.0
    moderators = learn_moderators(features)
    covariates_p, worst = compare_covariates(moderators.terms(features), contacted.astype(np.float64))
    name = moderators.names[worst[0]] if moderators.names else ""
    return Balance(share_p, covariates_p, (name, worst[1]))


def compare_covariates(
    terms: NDArray[np.float64], contacted: NDArray[np.float64]
) -> tuple[float, tuple[int, float]]:
    """The p-value of the F test; and the term whose means differ most, with the difference."""
    from statsmodels.regression.linear_model import OLS  # slow to import
    from statsmodels.tools.tools import add_constant

    if not terms.any() or len(set(contacted)) < 2:
        return 1.0, (0, 0.0)
    fitted = OLS(contacted, add_constant(terms, has_constant="add")).fit()
    p_value = fitted.f_pvalue if fitted.df_model and fitted.df_resid else 1.0
    difference = terms[contacted > 0].mean(axis=0) - terms[contacted == 0].mean(axis=0)
    worst = int(np.abs(difference).argmax())
    return float(p_value), (worst, float(difference[worst]))


def describe_campaign(rows: pd.DataFrame, balance: Balance, *, seed: int) -> dict[str, Any]:
    """A campaign for JSON: its arms, whether its draw looks random, and the churn reduction if it does."""
    contacted, objection = rows[ARM] != CONTROL, balance.objection()
    compared = rows.assign(
        decision=np.where(contacted, "listed", "held_out"), weight=1.0, value=np.nan, spend=np.nan,
        contacted=np.nan,
    )  # fmt: skip
    saved = measure_effect(compared, replicates=50, seed=seed).saved
    return {
        "campaign": rows["campaign"].iloc[0], "first_day": str(rows["as_of"].min()),
        "contacted": int(contacted.sum()), "control": int((~contacted).sum()),
        "share": float(contacted.mean()), **balance._asdict(), "not_by_chance": objection,
        "saved": None if objection else as_dicts({"saved": saved})["saved"],
    }  # fmt: skip


def check_campaigns(
    rows: pd.DataFrame, features: pa.Table, covariates: list[str], planned_share: float | None, *, seed: int
) -> tuple[list[dict[str, Any]], NDArray[np.bool_]]:
    """Each campaign for JSON, oldest first; and (rows,) whether the draw of its campaign looks random.

    Args:
        rows: of all campaigns, with churned.
        features: of the same rows.
        covariates: the columns that are compared between the arms.
    """
    by_chance, campaigns = np.zeros(len(rows), bool), []
    for _, part in rows.groupby("campaign"):
        if part[ARM].nunique() == 2:
            inputs = features.take(pa.array(part.index)).select(covariates)
            balance = check_balance(part, inputs, planned_share)
            campaigns.append(describe_campaign(part, balance, seed=seed))
            by_chance[part.index] = balance.objection() is None
    return sorted(campaigns, key=lambda campaign: campaign["first_day"]), by_chance


def describe_campaigns(campaigns: list[dict[str, Any]]) -> str:
    """What the company's own experiments are used for, as the end of a sentence."""
    if not campaigns:
        return ""
    odd = [campaign for campaign in campaigns if campaign["not_by_chance"]]
    sizes = [sum(campaign[arm] for campaign in campaigns if campaign not in odd) for arm in ARMS]
    text = f"; {len(campaigns) - len(odd)} campaigns by chance: {sizes[0]:,} contacted, {sizes[1]:,} control"
    if odd:
        text += f"; {len(odd)} not used: {odd[0]['campaign']}: {odd[0]['not_by_chance']}"
    return text
