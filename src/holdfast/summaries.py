"""The terminal output of a finished stage: counts, grades and the paths of its files."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from holdfast.artifacts.audits import Audit
from holdfast.artifacts.explanations import IMPORTANCE, Explanations
from holdfast.artifacts.features import Features
from holdfast.artifacts.lists import PublishedList, lists_folder
from holdfast.artifacts.models import Model, find_model
from holdfast.artifacts.monitor import RESULTS, MonitorFindings
from holdfast.artifacts.outcomes import Outcomes
from holdfast.artifacts.raw import demo_folder, truth_file
from holdfast.artifacts.tracked import Tracked
from holdfast.artifacts.validated import ValidatedTables
from holdfast.outreach.calls import first_calls
from holdfast.reports.outcome_words import (
    headline,
    lead_time_in_words,
    payments_in_words,
    replayed_in_words,
)
from holdfast.reports.words import number, share
from holdfast.runtime.context import RunContext
from holdfast.runtime.tracking.stores import tracking_uri
from holdfast.secrets import redact
from holdfast.snapshots.churn import Churn, Inactivity
from holdfast.timeline.choices import describe_fit

if TYPE_CHECKING:
    from holdfast.demo.company import DemoReport


Parts = Iterator[Any]

CALLS = 10  # customers of a list that are shown

PROFILE = ["column", "missing", "missing before", "distinct, about", "least", "most", "shapes"]
FIGURES = {
    "auc": "AUC", "average_precision": "avg precision", "log_loss": "log loss", "ece": "calibration error",
}  # fmt: skip


def of_simulate(context: RunContext, report: "DemoReport") -> Parts:
    """Rows of every raw table."""
    from holdfast.stages.simulate import COMPANIES

    yield table(
        "A demo company", ["table", "rows"], [(name, f"{rows:,}") for name, rows in report.rows.items()]
    )
    company = context.config.source.name if context.config.source.name in COMPANIES else "demo"
    folder, truth = demo_folder(context.root, company), truth_file(context.root, company)
    yield f"raw tables     {folder}\ntruth          {truth}"


def profile_rows(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """For each column of a table: nulls now and in the previous delivery, distinct values, range, shapes."""
    before = report["profile_before"]
    return [
        (
            name, share(now["null_share"]), share(before.get(name, {}).get("null_share")),
            f"{now['distinct']:,}", *(end_of_range(now[end]) for end in ("least", "most")),
            ", ".join(now["samples"][:2]),
        )
        for name, now in report["profile"].items()
    ]  # fmt: skip


def end_of_range(value: float | str | None) -> str:
    """The minimum or maximum of a column as text."""
    return f"{value:.6g}" if isinstance(value, float) else str(value or "").replace("T", " ")


def of_validate(context: RunContext, validated: ValidatedTables) -> Parts:
    """How many raw rows were accepted, rejected or out of scope, and the profile of each column."""
    rows = [
        (
            name,
            *(f"{found[step]:,}" for step in ("read", "accepted", "rejected", "out_of_scope")),
            rules(found["by_rule"]),
        )
        for name, found in validated.reports.items()
    ]
    yield table("Raw tables", ["table", "read", "accepted", "rejected", "out of scope", "rules broken"], rows)
    for name, found in validated.reports.items():
        yield table(f"Columns of {name}", PROFILE, profile_rows(found))
        if found["undecided"]:
            yield f"{name}      {found['undecided']:,} rows are out of scope because `where` is NULL for them"
        for joined, count in found["unmatched"].items():
            yield (
                f"{name}      {count:,} of {found['read']:,} rows have no row in {joined}; "
                f"{found['unused'][joined]:,} rows of {joined} belong to none"
            )
        for column, count in found["skipped_by_clock"].items():
            yield f"{name}      {count:,} values of {column} are in hours that the clocks skipped"
        if found["denied"]:
            yield f"{name}      {found['denied']:,} may not be contacted, as a duplicate of their row says"
    known = [
        (name, *(share(found["known_customers"].get(other)) for other in validated.reports))
        for name, found in validated.reports.items()
    ]
    if len(known) > 1:
        yield table("Customers of a table whom the others know", ["customers of", *validated.reports], known)
    yield from choices(validated.choices, context.config.churn)
    yield (
        f"validated      {validated.folder}\nrejected       {validated.rejected}\n"
        f"report         {validated.folder / 'report.html'}"
    )


def choices(found: dict[str, Any] | None, churn: Churn) -> Parts:
    """For churn by inactivity: eligible customers and base rate of each horizon; marks the setting in use."""
    if found is None or not isinstance(churn, Inactivity):
        return
    chosen = (churn.horizon_days, churn.active_within_days)
    rows = []
    for row in found["choices"]:
        choice = (row["horizon_days"], row["active_within_days"])
        used = "in use" if choice == chosen else ""
        rows.append((*choice, f"{row['customers']:,}", share(row["base_rate"]), used))
    heads = ["churn.horizon_days", "churn.active_within_days", "eligible", "churned", ""]
    yield table("What each horizon and eligibility would mean at its last known outcome", heads, rows)
    yield describe_fit(found, chosen)


def rules(by_rule: dict[str, int]) -> str:
    """The broken rules, the most frequent first."""
    return ", ".join(f"{rule} {n:,}" for rule, n in sorted(by_rule.items(), key=lambda item: -item[1]))


def of_features(context: RunContext, features: Features) -> Parts:
    """Customers and churn rate of every as-of date."""
    del context
    rows = [
        (
            str(date),
            f"{found['rows']:,}",
            f"{found['churned'] / found['labelled']:.1%}" if found["labelled"] else "not yet known",
        )
        for date, found in features.summary.dates.items()
    ]
    yield table(f"{len(features.summary.columns)} features", ["as of", "customers", "churned"], rows)
    yield f"features       {features.folder}"


def of_train(context: RunContext, model: Model) -> Parts:
    """The grade, and the test metrics beside those of the baselines."""
    card = model.card()
    rows = [("model", *figures(card["metrics"]["test"]))]
    rows += [(name.replace("_", " "), *figures(found)) for name, found in card["baselines"].items()]
    dates = [date["as_of"] for date in card["timeline"]["grid"] if date["role"] == "test"]
    yield f"Grade {card['grade']}: {card['grade_text']}"
    yield replayed_in_words(card)
    if active := card.get("still_active"):
        gone = share(active["lapsed"] / (active["lapsed"] + active["rows"]))
        yield f"AUC {figures(active)[0]} of customers still active; {gone} of the test had lapsed"
    test = f"test as of {', '.join(dates)}" if dates else "test on other customers"
    yield table(None, [test, *FIGURES.values()], rows)
    if (why := card.get("involuntary")) and why["churned"]:
        aucs = " and ".join(number(why[f"auc_{kind}"]) for kind in ("involuntary", "voluntary"))
        yield (
            f"{why['involuntary']:,} of {why['churned']:,} left because a payment failed; AUC of them and of "
            f"those who decided to go {aucs}"
        )
    if "achievable_auc" in card:
        yield (
            f"best achievable AUC on this test {card['achievable_auc']:.3f}: "
            f"the model reaches {card['share_of_achievable_gini']:.0%} of its Gini"
        )
    yield from (f"warning: {text}" for text in card["warnings"])
    churn = context.config.churn
    if card.get("choices") and isinstance(churn, Inactivity):
        yield describe_fit(card["choices"], (churn.horizon_days, churn.active_within_days))
    yield f"{card['gate']['decision']:<15}{'; '.join(card['gate']['reasons'])}"
    yield paths("model", model.folder, context)


def of_explain(context: RunContext, explanations: Explanations) -> Parts:
    """The most important features."""
    del context
    rows = [
        (row["feature"], f"{float(row['mean_abs_contribution']):.3f}", row["reason_code"])
        for row in read_rows(explanations.folder / IMPORTANCE)[:10]
    ]
    yield table("Feature importance", ["feature", "mean contribution (log-odds)", "reason"], rows)
    yield f"explanations   {explanations.folder}"


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
    aucs = ", ".join(
        f"{name.replace('_', ' ')} {found['auc']:.3f}" for name, found in card["baselines"].items()
    )
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


def of_monitor(context: RunContext, findings: MonitorFindings) -> Parts:
    """The verdict with its reasons, and the results of earlier scoring runs."""
    manifest = findings.manifest
    yield f"{manifest['verdict'].upper()}: {manifest['meaning']}"
    for reason in manifest["reasons"]:
        yield f"{reason['level']:<15}{reason['what']}"
        if reason["next_step"]:
            yield f"{'':<15}next: {reason['next_step']}"
    rows = [
        (
            row["as_of"], row["model_version"], f"{int(row['rows']):,}", f"{float(row['predicted']):.1%}",
            f"{float(row['observed']):.1%}", f"{float(row['auc']):.3f}" if row["auc"] else "–",
            "" if row["fair"] == "True" else "trained on these outcomes",
        )
        for row in read_rows(findings.folder / RESULTS)
        if row["group"] == "all"
    ]  # fmt: skip
    if rows:
        heads = ["scored as of", "model", "customers", "predicted", "churned", "AUC", ""]
        yield table("Results of earlier scores", heads, rows)
    yield paths("monitor", findings.folder, context)


def of_audit(context: RunContext, audit: Audit) -> Parts:
    """The size of the comparison, and the findings."""
    content = audit.content()
    counts, dates = content["counts"], list(content["dates"])
    yield (
        f"{counts['columns']:,} features of {counts['rows']:,} snapshots as of {', '.join(dates)}: "
        "bit-identical with the future deleted and with the future randomised"
    )
    rows = [
        (found["table"], ", ".join(found["columns"][:3]) or "–", found["severity"], found["found"])
        for found in content["findings"]
    ]
    if rows:
        yield table("Other findings", ["table", "column", "severity", "found"], rows)
    yield paths("audit", audit.folder, context)


def figures(found: dict[str, Any]) -> list[str]:
    """Test metrics as text."""
    return ["–" if found[name] is None else f"{found[name]:.3f}" for name in FIGURES]


def paths(what: str, folder: Path, context: RunContext) -> str:
    """The paths of an artifact and its page, and the tracking URI."""
    return f"{what:<15}{folder}\nreport         {folder / 'report.html'}\n{runs(context)}"


def runs(context: RunContext) -> str:
    """The tracking URI of MLflow."""
    if context.config.tracking.name == "off":
        return "MLflow runs    off"
    uri = tracking_uri(context.config.tracking, context.root.path)
    waiting = len(Tracked(context.root, uri).waiting)
    note = f"{waiting} results wait to be sent" if waiting else "holdfast ui"
    return f"MLflow runs    {redact(uri)}  ({note})"


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def table(title: str | None, columns: list[str], rows: list[tuple[Any, ...]]) -> Table:
    """A plain table with text aligned left and numbers aligned right."""
    grid = Table(title=None if title is None else Text(title), title_justify="left")
    for index, column in enumerate(columns):
        text = index == 0 or column in ("rules broken", "reason", "column", "severity", "found")
        grid.add_column(column, justify="left" if text else "right", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(str(cell)) for cell in row))
    return grid


SUMMARIES: dict[str, Callable[[RunContext, Any], Parts]] = {
    "simulate": of_simulate, "validate": of_validate, "features": of_features, "train": of_train,
    "explain": of_explain, "score": of_score, "outcomes": of_outcomes, "monitor": of_monitor,
    "audit": of_audit,
}  # fmt: skip
