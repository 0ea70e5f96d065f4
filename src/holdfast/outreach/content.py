"""The content of a selection: all lists of one as-of date, and what the page shows about their customers."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
from ibis import Table

from holdfast.engine.parallel import Buckets
from holdfast.explain.peers import PeerGroups
from holdfast.explain.settings import ExplainSettings
from holdfast.explain.texts import Texts
from holdfast.features.settings import FeatureSettings
from holdfast.model.bundle import Bundle
from holdfast.outreach.actions import Wording
from holdfast.outreach.banner import Notice, notices
from holdfast.outreach.lists import AtRiskList, build_list
from holdfast.outreach.overview import most_at_risk, summarise_base
from holdfast.outreach.page.history import EarlierScores, recall
from holdfast.outreach.page.moved import find_moved
from holdfast.outreach.payment_recovery import build_payment_recovery
from holdfast.outreach.playbook import Proven
from holdfast.outreach.protected import Protected
from holdfast.outreach.reason_provider import ReasonProvider
from holdfast.outreach.selection_content import SelectionContent
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.winback import build_win_back, value_lost
from holdfast.scoring.cases import find_cases
from holdfast.scoring.model_input import request_input
from holdfast.scoring.payments import failed_payments
from holdfast.scoring.profile import describe
from holdfast.snapshots.churn import Churn


class PreviousList(NamedTuple):
    """The list published last before this one.

    Attributes:
        listed: its customers (see `outreach.columns.COLUMNS`).
        guarded: its `Protected.counts`.
    """

    as_of: dt.date
    listed: pd.DataFrame
    guarded: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class SelectionInputs:
    """The data of a selection.

    Attributes:
        model_version, bundle, peer_groups, card: of the model that scored.
        scores: see `scoring.scores.SCORES`; `rows`: the model's input of the same customers.
        monitor, deliveries: the verdict on the scoring run, and the notices about unusual deliveries.
        lapsed, left: the lapsed customers, and those who left recently.
        saved_of: estimates the effect of a contact from customers, their model input and the assumed
            `accept_share` (see `uplift.learner`); None: there is no estimate.
        proven: the actions that certainly keep customers, by code.
        previous: None: no list was published before.
        earlier: looks up the earlier scores of some customers.
    """

    model_version: str
    bundle: Bundle
    peer_groups: PeerGroups
    card: Mapping[str, Any]
    scores: pa.Table
    rows: pa.Table
    monitor: Mapping[str, Any]
    deliveries: Sequence[Mapping[str, Any]]
    lapsed: pd.DataFrame
    left: pd.DataFrame
    saved_of: Callable[[pd.DataFrame, pa.Table, float], Any] | None
    proven: Mapping[str, Proven]
    protected: Protected
    previous: PreviousList | None
    earlier: Callable[[pd.Series], EarlierScores]


@dataclasses.dataclass(frozen=True)
class SelectionSettings:
    """The settings of a selection.

    Attributes:
        min_known_customers: the least share of the do-not-contact list that the source must know.
        accept_changes: make the list even if protected customers were lost (`monitor.accept_changes`).
    """

    churn: Churn
    attributes: tuple[str, ...]
    features: FeatureSettings
    explain: ExplainSettings
    outreach: OutreachSettings
    wording: Wording
    texts: Texts
    min_known_customers: float
    accept_changes: bool


def build_content(
    tables: Mapping[str, Table], buckets: Buckets, inputs: SelectionInputs, settings: SelectionSettings,
    day: dt.date,
) -> tuple[SelectionContent, dict[str, Any]]:  # fmt: skip
    """Decide about every eligible customer and every customer who left recently.

    Args:
        tables, buckets: the validated tables, and the streams of the same log.

    Returns:
        The content, and its summary without customers: `notices` and `base` (see `overview.summarise_base`).
    """
    outreach, previous, protected = settings.outreach, inputs.previous, inputs.protected
    failures = failed_payments(tables, day, outreach.payment_recovery_days)
    customers = describe_customers(tables, inputs, settings, day, failures)
    protected.check_ids(customers["customer_id"], inputs.left["customer_id"])
    protected.check_known(tables.values(), settings.min_known_customers)
    provider = ReasonProvider(
        inputs.bundle, inputs.rows, settings.texts, inputs.peer_groups, settings.explain
    )  # fmt: skip
    at_risk, places = build_list(
        customers, outreach, reasons=provider, wording=settings.wording, as_of=day,
        outcome_window_end=settings.churn.outcome(0).window(day)[1], model_version=inputs.model_version,
        previous=None if previous is None else previous.listed, protected=protected, proven=inputs.proven,
    )  # fmt: skip
    listed, waterfall = at_risk.listed["customer_id"], provider.waterfall()
    moved = None
    if waterfall is not None and previous is not None:
        then = request_input(
            inputs.bundle, tables, settings.attributes, previous.as_of, churn=settings.churn,
            features=settings.features,
        )  # fmt: skip
        moved = find_moved(at_risk.listed, waterfall, provider.attribution, then, buckets)
    content = SelectionContent(
        at_risk,
        win_back=None if not outreach.win_back_days else build_win_back(
            inputs.left, outreach, places=places, wording=settings.wording, as_of=day, protected=protected,
        ),
        recovery=None if failures is None else build_payment_recovery(
            customers, at_risk.decisions, failures, outreach, wording=settings.wording, texts=settings.texts,
            as_of=day,
        ),
        history=recall(listed, inputs.earlier(listed), inputs.model_version),
        waterfall=waterfall, moved=moved, cases=find_cases(tables, listed, day),
    )  # fmt: skip
    drivers, lost = provider(most_at_risk(at_risk.decisions)), value_lost(inputs.left, outreach)
    return content, {
        "notices": [notice._asdict() for notice in find_notices(at_risk, customers, inputs, settings)],
        "base": summarise_base(at_risk.decisions, customers, drivers, lost, day),
    }


def describe_customers(
    tables: Mapping[str, Table], inputs: SelectionInputs, settings: SelectionSettings, day: dt.date,
    failures: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    """The scored customers with their profile and the estimated effect of a contact (see `build_list`)."""
    customers = describe(
        inputs.scores, inputs.rows, tables, day, least_days=settings.churn.horizon_days,
        lapsed=inputs.lapsed, failures=failures,
    )  # fmt: skip
    if inputs.saved_of is None:
        return customers
    saved = inputs.saved_of(customers, inputs.rows, settings.outreach.accept_share)
    return customers.assign(saved_share=saved)


def find_notices(
    at_risk: AtRiskList, customers: pd.DataFrame, inputs: SelectionInputs, settings: SelectionSettings
) -> list[Notice]:
    """The warnings about a list.

    Raises:
        GuardRefused: protected customers were lost since the last list.
    """
    previous = inputs.previous
    losses = inputs.protected.find_losses(
        {} if previous is None else previous.guarded, accept=settings.accept_changes
    )
    return notices(
        inputs.card, at_risk.listed["churn_probability"], customers["churn_probability"], inputs.monitor,
        [*(Notice(**notice) for notice in inputs.deliveries), *losses],
    )  # fmt: skip
