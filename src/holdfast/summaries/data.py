"""Summaries of the stages that make data: simulate, validate, features."""

from typing import TYPE_CHECKING, Any

from holdfast.artifacts.features import Features
from holdfast.artifacts.raw import demo_folder, truth_file
from holdfast.artifacts.validated import ValidatedTables
from holdfast.reports.delivery_words import end_of_range, notes
from holdfast.reports.words import share
from holdfast.runtime.context import RunContext
from holdfast.snapshots.churn import Churn, Inactivity
from holdfast.summaries.layout import Parts, table
from holdfast.timeline.choices import describe_fit

if TYPE_CHECKING:
    from holdfast.demo.company import DemoReport

PROFILE = ["column", "missing", "missing before", "distinct, about", "least", "most", "shapes"]


def of_simulate(context: RunContext, report: "DemoReport") -> Parts:
    """Rows of every raw table."""
    from holdfast.stages.simulate import COMPANIES

    yield table(
        "A demo company", ["table", "rows"], [(name, f"{rows:,}") for name, rows in report.rows.items()]
    )
    company = context.config.source.name if context.config.source.name in COMPANIES else "demo"
    folder, truth = demo_folder(context.root, company), truth_file(context.root, company)
    yield f"raw tables     {folder}\ntruth          {truth}"


def of_validate(context: RunContext, validated: ValidatedTables) -> Parts:
    """How many raw rows were accepted, rejected or out of scope, and the profile of each column."""
    rows = [
        (
            name,
            *(f"{report[step]:,}" for step in ("read", "accepted", "rejected", "out_of_scope")),
            rules(report["by_rule"]),
        )
        for name, report in validated.reports.items()
    ]
    yield table("Raw tables", ["table", "read", "accepted", "rejected", "out of scope", "rules broken"], rows)
    for name, report in validated.reports.items():
        yield table(f"Columns of {name}", PROFILE, profile_rows(report))
        yield from notes(name, report)
    known = [
        (name, *(share(report["known_customers"].get(other)) for other in validated.reports))
        for name, report in validated.reports.items()
    ]
    if len(known) > 1:
        yield table("Customers of a table whom the others know", ["customers of", *validated.reports], known)
    yield from choices(validated.choices, context.config.churn)
    yield (
        f"validated      {validated.folder}\nrejected       {validated.rejected}\n"
        f"report         {validated.folder / 'report.html'}"
    )


def of_features(context: RunContext, features: Features) -> Parts:
    """Customers and churn rate of every as-of date."""
    del context
    rows = [
        (
            str(date),
            f"{counts['rows']:,}",
            f"{counts['churned'] / counts['labelled']:.1%}" if counts["labelled"] else "not yet known",
        )
        for date, counts in features.summary.dates.items()
    ]
    yield table(f"{len(features.summary.columns)} features", ["as of", "customers", "churned"], rows)
    yield f"features       {features.folder}"


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


def choices(report: dict[str, Any] | None, churn: Churn) -> Parts:
    """For churn by inactivity: eligible customers and base rate of each horizon; marks the setting in use."""
    if report is None or not isinstance(churn, Inactivity):
        return
    chosen = (churn.horizon_days, churn.active_within_days)
    rows = []
    for row in report["choices"]:
        choice = (row["horizon_days"], row["active_within_days"])
        used = "in use" if choice == chosen else ""
        rows.append((*choice, f"{row['customers']:,}", share(row["base_rate"]), used))
    heads = ["churn.horizon_days", "churn.active_within_days", "eligible", "churned", ""]
    yield table("What each horizon and eligibility would mean at its last known outcome", heads, rows)
    yield describe_fit(report, chosen)


def rules(by_rule: dict[str, int]) -> str:
    """The broken rules, the most frequent first."""
    return ", ".join(f"{rule} {n:,}" for rule, n in sorted(by_rule.items(), key=lambda item: -item[1]))
