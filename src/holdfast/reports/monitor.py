"""The page of the monitor: the verdict on a model and its reasons."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from holdfast.artifacts.monitor import MonitorFindings
from holdfast.monitor.drift import STATES
from holdfast.reports.drivers import label
from holdfast.reports.monitor_plots import results_figure, shares_figure, trend_figure
from holdfast.reports.page import Tile, render_page, show
from holdfast.reports.words import NOTHING, churned_means, count, number, share

Figures = Mapping[str, Any]

SHOWN, SHOWN_AS_BEFORE = 12, 5  # columns in the tables
TONES = {"fine": "a", "unknown": "b", "watch": "b", "retrain": "c", "fix": "c"}
SIGNS = {"fine": "✓", "unknown": "?", "watch": "!", "retrain": "✗", "fix": "✗"}


def render_monitor(findings: MonitorFindings) -> dict[str, bytes]:
    """report.html."""
    return {"report.html": render_monitor_page(findings.manifest, *findings.tables())}


def render_monitor_page(
    check: Figures, drift: pd.DataFrame, trend: pd.DataFrame, results: pd.DataFrame, counts: pd.DataFrame,
) -> bytes:  # fmt: skip
    """The page of the monitor.

    Args:
        check: the manifest of the monitor.
        drift, trend, results: the contents of drift.csv, scores.csv and results.csv.
        counts: see `monitor.profile.compare_counts`.
    """
    bins = counts.set_index("feature")
    everybody = results[(results["group"] == "all") & results["auc"].notna()]
    moved = drift[drift["state"].isin(STATES[:3])]
    alike = drift[drift["state"] == "seasonal"]
    page = {
        "as_of": check["as_of"],
        "version": check["model_version"],
        "tone": TONES[check["verdict"]],
        "sign": SIGNS[check["verdict"]],
        "verdict": "fix the data" if check["verdict"] == "fix" else check["verdict"],
        "meaning": check["meaning"],
        "reasons": check["reasons"],
        "figures": list(headlines(check)),
        "compared": count(check["inputs"]["columns"]),
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


def headlines(check: Figures) -> Iterator[Tile]:
    """The key figures."""
    inputs, scores = check["inputs"], check["scores"]
    states = inputs["states"]
    moved = states["broken"] + states["drift"] + states["strong drift"]
    weight = inputs["importance_broken"] + inputs["importance_drift"]
    drifted = f"{count(moved)} of {count(inputs['columns'])}"
    yield Tile("features with drift", drifted, f"{share(weight)} of importance")
    yield Tile("drift of scores", number(scores["psi"], 2), "PSI; drift from 0.1, strong drift from 0.25")
    yield Tile("mean probability", share(scores["mean"]), f"of {count(scores['customers'])} customers")
    yield Tile("age of the model", f"{count(check['model_age_days'])} days", "since its as-of date")


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
        "as_of": row.as_of, "version": row.model_version, "customers": count(row.customers),
        "mean": share(row.mean), "high": share(row.high_share), "psi": number(row.psi, 2),
        "before": number(row.psi_before, 2),
    }  # fmt: skip


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
