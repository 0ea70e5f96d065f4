"""The page of the monitor: the verdict on a model and its reasons."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from holdfast.artifacts.monitor import MonitorFindings
from holdfast.monitor.drift import STATES
from holdfast.reports.drivers import label
from holdfast.reports.monitor_plots import results_figure, shares_figure, trend_figure
from holdfast.reports.page import data_address, render_page
from holdfast.reports.style import to_png
from holdfast.reports.words import NOTHING, churned_means, count, number, share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Figures = Mapping[str, Any]

SHOWN, SHOWN_AS_BEFORE = 12, 5  # columns in the tables
TONES = {"fine": "a", "watch": "b", "retrain": "c", "fix": "c"}
SIGNS = {"fine": "✓", "watch": "?", "retrain": "✗", "fix": "✗"}


def render_monitor(findings: MonitorFindings) -> dict[str, bytes]:
    """report.html."""
    return {"report.html": render_monitor_page(findings.manifest, *findings.tables())}


def render_monitor_page(
    check: Figures,
    drift: pd.DataFrame,
    trend: pd.DataFrame,
    results: pd.DataFrame,
    counts: pd.DataFrame,
) -> bytes:
    """The page of the monitor.

    Args:
        check: the manifest's part of the monitor: as_of, model_version, verdict, meaning, reasons, inputs,
            scores, model_age_days, test.
        drift, trend, results: the contents of drift.csv, scores.csv and results.csv.
        counts: the counts by bin of each compared column (see `monitor.profile.compare_counts`).
    """
    bins = counts.set_index("feature")
    everybody = results[(results["group"] == "all") & results["auc"].notna()]
    moved = drift[drift["state"].isin(STATES[:3])]
    alike = drift[drift["state"] == "as before"]
    page = {
        "as_of": check["as_of"],
        "version": check["model_version"],
        "tone": TONES[check["verdict"]],
        "sign": SIGNS[check["verdict"]],
        "verdict": "fix the data" if check["verdict"] == "fix" else check["verdict"],
        "meaning": check["meaning"],
        "reasons": check["reasons"],
        "figures": list(headlines(check)),
        "compared": count(check["inputs"].get("columns")) if check["inputs"] else "",
        "moved": [column(row, bins) for row in moved.head(SHOWN).itertuples()],
        "more": max(0, len(moved) - SHOWN),
        "alike": [column(row, bins) for row in alike.head(SHOWN_AS_BEFORE).itertuples()],
        "alike_count": len(alike),
        "trend": show(trend_figure(trend)) if len(trend) > 1 and trend["psi"].notna().any() else "",
        "versions": trend["model_version"].nunique(),
        "runs": [run(row) for row in trend.itertuples()][::-1],
        "plot": show(results_figure(everybody, dict(check["test"]))) if len(everybody) > 1 else "",
        "results": [result(row) for row in shown(results).itertuples()],
        "test": result_of_test(check["test"]),
        "churned_means": churned_means(check),
        "unfair": bool(len(results)) and not results["fair"].all(),
        "command": f"holdfast monitor as_of={check['as_of']}",
    }
    return render_page("monitor.html.j2", {"monitor": page})


def show(figure: "Figure") -> str:
    """A figure as a data URI."""
    return data_address(to_png(figure))


def headlines(check: Figures) -> Iterator[dict[str, str]]:
    """The key figures."""
    inputs, scores = check["inputs"], check["scores"]
    if inputs:
        states = inputs["states"]
        moved = states["broken"] + states["moved"] + states["moved far"]
        weight = inputs["weight_broken"] + inputs["weight_moved"]
        yield {
            "name": "inputs that moved",
            "value": f"{count(moved)} of {count(inputs['columns'])}",
            "note": f"with {share(weight)} of what weighs",
        }
    yield {
        "name": "scores moved by",
        "value": number(scores["psi"], 2),
        "note": "PSI; above 0.1 counts, above 0.25 is far",
    }
    yield {
        "name": "mean probability",
        "value": share(scores["mean"]),
        "note": f"of {count(scores['customers'])} customers",
    }
    yield {
        "name": "age of the model",
        "value": f"{count(check['model_age_days'])} days",
        "note": "since its as-of date",
    }


def column(row: Any, bins: pd.DataFrame) -> dict[str, Any]:
    """A row of the tables of columns."""
    then, now = np.array(bins.loc[row.feature, "then"]), np.array(bins.loc[row.feature, "now"])
    return {
        "name": label(row.feature),
        "how": row.breakage or row.state,
        "picture": show(shares_figure(then, now, bool(then[-1] or now[-1]))),
        "importance": share(row.importance),
        "psi": number(row.psi, 2),
        "alike": f"{row.alike}: {number(row.alike_psi, 2)}",
        "missing": f"null {share(row.missing_then)} → {share(row.missing_now)}",
        "mean": NOTHING if pd.isna(row.mean_then) else f"{plain(row.mean_then)} → {plain(row.mean_now)}",
    }


def plain(value: float) -> str:
    """A mean with three digits, whatever its size."""
    if not math.isfinite(value):
        return NOTHING
    return count(value) if abs(value) >= 1000 else f"{value:.3g}"


def run(row: Any) -> dict[str, str]:
    """A row of the table of scoring runs."""
    return {
        "as_of": row.as_of,
        "version": row.model_version,
        "customers": count(row.customers),
        "mean": share(row.mean),
        "high": share(row.high_share),
        "psi": number(row.psi, 2),
        "before": number(row.psi_before, 2),
    }


def shown(results: pd.DataFrame) -> pd.DataFrame:
    """All groups of the latest date and the group `all` of earlier dates, the latest first."""
    if results.empty:
        return results
    chosen = results[(results["group"] == "all") | (results["as_of"] == results["as_of"].max())]
    ordered: pd.DataFrame = chosen.sort_values("as_of", ascending=False, kind="stable")
    return ordered


def result(row: Any) -> dict[str, Any]:
    """A row of the table of results."""
    return {
        "as_of": row.as_of,
        "group": row.group,
        "fair": bool(row.fair),
        "rows": f"{count(row.rows)} customers",
        "predicted": share(row.predicted),
        "observed": share(row.observed),
        "observed_span": f"{share(row.observed_low)} to {share(row.observed_high)}",
        "auc": number(row.auc),
        "auc_span": "" if pd.isna(row.auc_low) else f"{number(row.auc_low)} to {number(row.auc_high)}",
        "ece": number(row.ece),
        "ece_by_chance": "" if pd.isna(row.ece_by_chance) else f"by chance to {number(row.ece_by_chance)}",
    }


def result_of_test(test: Figures) -> dict[str, Any] | None:
    """The model's test as a row of the same table; None: it no longer exists."""
    if not test:
        return None
    names = ("as_of", "group", "fair")
    figures = {name: np.nan if value is None else value for name, value in test.items() if name not in names}
    return result(pd.Series({**figures, "as_of": "the test", "group": "all", "fair": True}))
