"""The page of the retention report."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from holdfast.artifacts.retention import Retention
from holdfast.reports import retention_plots as plots
from holdfast.reports import retention_rows as rows_of
from holdfast.reports import retention_words as sentences
from holdfast.reports.outcome_words import money
from holdfast.reports.page import Tile, render_page, show
from holdfast.reports.retention_rows import records, span, unbroken
from holdfast.reports.retention_words import all_customers, of_all, signed
from holdfast.reports.words import NOTHING, count, share
from holdfast.retention.settings import ALL

if TYPE_CHECKING:
    from holdfast.retention.measure import RetentionTables

Content = dict[str, Any]
TONES = {"reached": "a", "on track": "a", "missed": "c", "not on track": "c", "uncertain": "b"}
CURVE_AT = (90, 180, 360, 720)  # days


def render_retention(retention: Retention) -> dict[str, bytes]:
    """report.html."""
    return {"report.html": render_retention_page(retention.content(), retention.tables())}


def render_retention_page(content: Content, tables: "RetentionTables") -> bytes:
    """The page; it names no customer."""
    rates, total = tables.rates, all_customers(tables.rates)
    cohorts = of_all(tables.cohorts)
    page = {
        "title": f"Retention as of {content['as_of']}",
        "content": content,
        "known": sentences.known_days(content),
        "tiles": list(tiles(content, total, tables)),
        "goals": [
            {"tone": TONES.get(goal["state"], ""), "text": sentences.goal_in_words(goal)}
            for goal in content["goals"]
        ],
        "contributions": [sentences.contribution_in_words(outcome) for outcome in content["outcomes"]],
        "no_period": "" if total else sentences.no_period(content),
        "rates": [rates_row(row) for row in total],
        "payments": any(row["involuntary"] == row["involuntary"] for row in total),
        "churn_plot": show(plots.churn_figure(total)) if len(total) > 1 else "",
        "segments": list(segment_tables(rates)),
        "revenue": [revenue_row(row) for row in records(tables.revenue)],
        "revenue_plot": show(plots.revenue_figure(tables.revenue)) if len(tables.revenue) > 1 else "",
        "cohorts_plot": show(plots.cohorts_figure(cohorts)) if len(cohorts) else "",
        "cohorts": list(cohort_rows(cohorts)),
        "uncertain": sorted({row["cohort"] for row in records(cohorts) if not row["certain"]}),
        "curves": list(curve_rows(tables.curves)),
        "curve_plots": list(curve_plots(tables.curves)),
        "curve_at": [f"{days} days" for days in CURVE_AT],
        "rfm": [rows_of.rfm_row(row) for row in records(tables.rfm)],
        "moves": list(rows_of.largest_moves(tables.moves)),
        "value": list(rows_of.value_rows(content)),
        "forecast": sentences.forecast_in_words(content),
        "voice": [rows_of.voice_row(row) for row in rows_of.last_periods(tables.voice)],
        "kinds": sorted({row["kind"] for row in records(tables.voice)}),
        "responses": [rows_of.response_row(row) for row in rows_of.last_periods(tables.responses)],
        "complaints": [rows_of.complaint_row(row) for row in records(tables.complaints)],
        "reasons": list(rows_of.reason_tables(tables.reasons, content["reason_labels"])),
        "formulas": [
            {"name": name.replace("_", " "), "formula": text} for name, text in content["formulas"].items()
        ],
    }
    return render_page("retention.html.j2", {"page": page})


def tiles(content: Content, total: list[Content], tables: "RetentionTables") -> Iterator[Tile]:
    """The key figures."""
    yield Tile("active customers", count(content["active_customers"]), content["active_means"])
    if total:
        last = total[-1]
        before = f"; {share(total[-2]['churn_rate'])} in {total[-2]['period']}" if len(total) > 1 else ""
        note = f"{last['period']}; {count(last['lost'])} of {count(last['start'])} lost{before}"
        yield Tile("churn", share(last["churn_rate"]), note)
        yield Tile("retention", share(last["retention_rate"]), last["period"])
    for row in records(tables.revenue)[-1:]:
        note = f"{row['period']}; gross {share(row['gross_revenue_retention'])}"
        yield Tile("net revenue retention", share(row["net_revenue_retention"]), note)
    value = content["value"]
    if value["lifetime_value"] is not None:
        note = f"a customer; median {money(value['lifetime_median'], content)}"
        yield Tile("lifetime value", money(value["lifetime_value"], content), note)
    for row in [row for row in records(tables.voice) if row["kind"] == "nps"][-1:]:
        note = f"{row['period']}; 95% interval {signed(row['low'])} to {signed(row['high'])}"
        yield Tile("NPS", signed(row["value"]), note)


def rates_row(row: Content) -> dict[str, str]:
    """A period, or a group in a period."""
    counts = {
        name: count(row[name]) for name in ("start", "new", "returned", "lost", "end", "involuntary", "brief")
    }
    shares = {name: share(row[name]) for name in ("retention_rate", "churn_rate", "end_to_start")}
    return {"name": unbroken(row["period"]), **counts, **shares, "span": span(row, "churn_low", "churn_high")}


def segment_tables(rates: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The last period of each attribute, beside the churn of the period before."""
    if not len(rates):
        return
    periods = list(rates["period"].drop_duplicates())
    for attribute, rows in rates[rates["attribute"] != ALL].groupby("attribute", sort=False):
        now = rows[rows["period"] == periods[-1]]
        past = (
            rows[rows["period"] == periods[-2]].set_index("group")["churn_rate"] if len(periods) > 1 else {}
        )
        lines = [
            {**rates_row(row), "name": row["group"], "before": share(past.get(row["group"]))}
            for row in records(now)
        ]
        before = f"churn {periods[-2]}" if len(periods) > 1 else "churn before"
        yield {"attribute": attribute, "period": periods[-1], "past": before, "rows": lines}


def revenue_row(row: Content) -> dict[str, str]:
    """The movements of a period."""
    names = ("start_mrr", "new", "reactivated", "expansion", "contraction", "churned", "end_mrr")
    rates = ("gross_revenue_retention", "net_revenue_retention")
    return {
        "name": unbroken(row["period"]),
        **{name: count(row[name]) for name in names}, **{name: share(row[name]) for name in rates},
    }  # fmt: skip


def cohort_rows(cohorts: pd.DataFrame) -> Iterator[dict[str, str]]:
    """The heat map as a table: a row for each cohort."""
    for cohort, rows in cohorts.groupby("cohort") if len(cohorts) else ():
        observed = {f"m{row['month']}": share(row["share"]) for row in records(rows)}
        months = {f"m{month}": NOTHING for month in cohorts["month"].unique()}
        yield {"name": str(cohort), "customers": count(int(rows["customers"].iloc[0])), **months, **observed}


def curve_rows(curves: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Each group: its size, the median, and the shares at some days."""
    for (attribute, group), rows in curves.groupby(["attribute", "group"], sort=False) if len(curves) else ():
        at = {row["days"]: share(row["share"]) for row in records(rows)}
        first = records(rows)[0]
        yield {
            "name": str(group) if attribute == ALL else f"{attribute}: {group}",
            "customers": count(first["customers"]), "lost": count(first["lost"]),
            "median": NOTHING if first["median_days"] is None else count(first["median_days"]),
            **{f"d{days}": at.get(days, NOTHING) for days in CURVE_AT},
        }  # fmt: skip


def curve_plots(curves: pd.DataFrame) -> Iterator[dict[str, str]]:
    """A plot of all customers, and one for each attribute."""
    for attribute, rows in curves.groupby("attribute", sort=False) if len(curves) else ():
        groups = rows["group"].nunique()
        left_out = f" The {plots.MAX_LINES} largest groups." if groups > plots.MAX_LINES else ""
        of = "all customers" if attribute == ALL else f"customers by {attribute}"
        yield {"plot": show(plots.curves_figure(rows)), "of": of, "note": left_out}
