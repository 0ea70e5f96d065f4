"""Summaries of the stages about lists: score, outcomes."""

from typing import Any

from holdfast.artifacts.lists import PublishedList, lists_folder
from holdfast.artifacts.models import find_model
from holdfast.artifacts.outcomes import Outcomes
from holdfast.artifacts.retention import Retention
from holdfast.outreach.calls import first_calls
from holdfast.reports.outcome_words import headline, lead_time_in_words, payments_in_words
from holdfast.reports.retention_words import all_customers, goal_in_words, no_period
from holdfast.reports.words import share
from holdfast.runtime.context import RunContext
from holdfast.summaries.layout import Parts, paths, runs, table

CALLS = 10  # customers of a list that are shown


def of_score(context: RunContext, published: PublishedList) -> Parts:
    """The first customers to call, the counts, the model and the path of the list."""
    currency = context.config.source.currency
    yield first_calls(published.first(CALLS), published.as_of, currency=currency)
    counts = published.manifest["counts"].items()
    yield "customers      " + ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts if n)
    yield f"lapsed         {published.manifest['lapsed']['what']}"
    if back := published.manifest["win_back"]:
        listed, left = (back["counts"][name] for name in ("listed", "left"))
        yield f"win back       {listed:,} of {left:,} who churned recently"
    if due := published.manifest.get("payment_recovery"):
        yield f"payments       {due['listed']:,} whose last payment failed: payment_recovery.csv"
    model = find_model(context.root, published.model_version)
    assert model is not None, "the model that scored is there"
    card = model.card()
    baselines = card["baselines"].items()
    aucs = ", ".join(f"{name.replace('_', ' ')} {metrics['auc']:.3f}" for name, metrics in baselines)
    yield f"model          grade {card['grade']}, test AUC {card['metrics']['test']['auc']:.3f} ({aucs})"
    yield f"uplift         {published.manifest['uplift']['what']}"
    yield f"monitor        {summarize_verdict(published.manifest['monitor'])}"
    folder = lists_folder(context.root) / str(published.as_of)
    yield f"list           {folder / 'at_risk.csv'}\nreport         {folder / 'report.html'}\n{runs(context)}"


def summarize_verdict(monitor: dict[str, Any]) -> str:
    """The monitor's verdict in one line: its worst reason, or its figures if all is fine."""
    first, inputs, scores = monitor["reasons"][0], monitor["inputs"], monitor["scores"]
    if first["level"] != "fine":
        return f"{monitor['verdict']}: {first['what']}"
    states = inputs["states"]
    moved = f"drift: {states['drift'] + states['strong drift']} of {inputs['columns']} features "
    moved += f"({inputs['importance_drift']:.1%} of importance)"
    psi = "" if scores["psi"] is None else f", PSI of scores {scores['psi']:.2f}"
    return f"{monitor['verdict']}: {moved}{psi}, model {monitor['model_age_days']} days old"


def of_outcomes(context: RunContext, outcomes: Outcomes) -> Parts:
    """The headline, and predicted and observed churn of each group."""
    content = outcomes.content()
    yield from lead_time_in_words(content)
    yield headline(content)
    yield from payments_in_words(content)
    rows = [
        (
            group["group"].replace("_", " "), f"{group['customers']:,}", share(group["predicted"]),
            share(group["observed"]), f"{share(group['low'])} to {share(group['high'])}",
            share(group["contacted"]),
        )
        for group in content["groups"]
    ]  # fmt: skip
    heads = ["customers", "count", "predicted", "churned", "95% interval", "contacted"]
    yield table(f"Outcomes of {', '.join(content['lists'])}", heads, rows)
    yield from (f"warning: {text}" for text in content["warnings"])
    yield paths("outcomes", outcomes.folder, context)


def of_retention(context: RunContext, retention: Retention) -> Parts:
    """Active customers, the rates of each period, and the state of each goal."""
    content, rates = retention.content(), retention.table("rates")
    yield f"{content['active_customers']:,} active customers ({content['active_means']})"
    rows = [
        (
            row["period"], *(f"{row[name]:,}" for name in ("start", "new", "returned", "lost", "end")),
            share(row["retention_rate"]), share(row["churn_rate"]),
        )
        for row in all_customers(rates)
    ]  # fmt: skip
    if rows:
        heads = ["period", "start", "new", "returned", "lost", "end", "retention", "churn"]
        yield table("Customers", heads, rows)
    else:
        yield no_period(content)
    yield from (goal_in_words(goal) for goal in content["goals"])
    yield paths("retention", retention.folder, context)
