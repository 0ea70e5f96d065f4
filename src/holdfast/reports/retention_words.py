"""The sentences of the retention report."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from holdfast.reports.outcome_words import headline, money
from holdfast.reports.words import NOTHING, count, share
from holdfast.retention.settings import ALL

if TYPE_CHECKING:
    import pandas as pd

Content = Mapping[str, Any]

METRICS = {
    "churn_rate": "Churn", "retention_rate": "Retention", "end_to_start": "Customers, end / start",
    "voluntary_churn_rate": "Voluntary churn", "involuntary_churn_rate": "Involuntary churn",
    "active_customers": "Active customers", "gross_revenue_retention": "Gross revenue retention",
    "net_revenue_retention": "Net revenue retention", "mrr": "MRR",
    "nps": "NPS", "csat": "CSAT", "ces": "CES",
}  # fmt: skip
COUNTS = ("active_customers", "mrr")


def of_all(table: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of all customers."""
    return table[table["attribute"] == ALL] if len(table) else table


def all_customers(rates: "pd.DataFrame") -> list[dict[str, Any]]:
    """The rates of all customers, oldest period first."""
    rows = of_all(rates)
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False)]


def known_days(content: Content) -> str:
    """From when until when the active customers are known."""
    known_from, known_until = content["known_from"], content["known_until"]
    if known_from < known_until:
        return f"Active customers can be counted for {known_from} to {known_until}."
    return f"The log begins on {content['first_day']}: active customers can be counted from {known_from} on."


def no_period(content: Content) -> str:
    """Why there are no rates."""
    period = content["settings"]["period"]
    known = known_days(content)
    return f"No complete {period} yet. {known} Choose a shorter retention.period, or load more history."


def metric_value(metric: str, value: float | None) -> str:
    """A figure of a metric as people write it."""
    if metric in COUNTS:
        return count(value)
    if metric == "nps":
        return NOTHING if value is None else signed(value)
    return NOTHING if value is None else f"{value:.1%}"


def signed(value: float, digits: int = 0) -> str:
    """A number with its sign."""
    return f"{value:+.{digits}f}".replace("-", "−")


def goal_in_words(goal: Content) -> str:
    """A goal with its state, in a sentence or two."""
    metric, name = goal["metric"], METRICS[goal["metric"]]

    def formatted(key: str) -> str:
        return metric_value(metric, goal[key])

    if goal["target"] is None:
        return f"{name} by {goal['by']}: cannot be told yet, there is not a single {name} so far."
    change = goal["target_change"]
    against = (
        f" ({signed(100 * change)}% against {formatted('baseline_value')} in {goal['baseline']})"
        if change
        else ""
    )
    head = f"{name} of {formatted('target')}{against} by {goal['by']}: {goal['state']}."
    last = f"Last: {formatted('last')} in {list(goal['path'])[-1]}."
    if goal["state"] in ("reached", "missed"):
        return (
            f"{head} It was {metric_value(metric, goal['path'][goal['decided_by']])} in {goal['decided_by']}."
        )
    if goal["forecast"] is None:
        return f"{head} A forecast needs {goal['min_periods']} periods, there are {len(goal['path'])}. {last}"
    span = f"{formatted('low')} to {formatted('high')}"
    return f"{head} Forecast for {goal['decided_by']}: {formatted('forecast')} ({span}). {last}"


def contribution_in_words(outcome: Content) -> str:
    """What a list, or several, contributed by the hold-out."""
    lists = outcome["lists"]
    which = f"List of {lists[0]}" if len(lists) == 1 else f"{len(lists)} lists, {lists[0]} to {lists[-1]}"
    return f"{which}: {headline(outcome)}"


def forecast_in_words(content: Content) -> list[str]:
    """What BG/NBD with gamma-gamma expects, and how well it did before."""
    forecast, check = content["forecast"], content["forecast_check"]
    if forecast is None:
        return []
    if forecast["bg_nbd"] is None:
        return [f"Too few customers came back for a forecast: {count(forecast['repeat'])}."]
    each = f"{forecast['order_value']:,.2f} {content['currency'] or ''}".strip()
    sentences = [
        f"Forecast for the next {content['value_days']:.0f} days, by BG/NBD with gamma-gamma, of all "
        f"{count(forecast['customers'])} customers who ever bought: {count(forecast['purchases'])} days with "
        f"a purchase, of {each} on average, a margin of "
        f"{money(forecast['value'], content)} in all. Half of these purchases are expected from "
        f"{share(forecast['share_buying_half'])} of the customers."
    ]
    if check:
        expected, observed = check["expected"], check["observed"]
        error = expected / observed - 1 if observed else 0.0
        direction = "high" if error > 0 else "low"
        apart = f": the forecast was {share(abs(error))} too {direction}" if observed else ""
        sentences.append(
            f"Check: the same forecast made on {check['as_of']} expected {count(expected)} days with a "
            f"purchase until {content['as_of']}; there were {count(observed)}{apart}."
        )
    if forecast["doubtful"]:
        sentences.append(
            "The money is doubtful: gamma-gamma assumes that the value of an order does not depend on how "
            f"often a customer buys, and here it does (correlation {signed(forecast['correlation'], 2)})."
        )
    return sentences
