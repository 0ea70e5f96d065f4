"""The content of the tracked run of each kind of artifact, derived from the finished artifact."""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import Artifact
from holdfast.artifacts.audits import Audit
from holdfast.artifacts.explanations import Explanations
from holdfast.artifacts.features import Features
from holdfast.artifacts.lists import PublishedList
from holdfast.artifacts.models import CARD, Model
from holdfast.artifacts.monitor import MonitorFindings
from holdfast.artifacts.outcomes import Outcomes
from holdfast.artifacts.retention import Retention
from holdfast.artifacts.scores import Scores
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import UpliftEstimate
from holdfast.artifacts.validated import ValidatedTables

MAIN = ("auc", "average_precision", "log_loss", "ece")  # the headline metrics of a model's test


@dataclasses.dataclass(frozen=True)
class Record:
    """The content of an artifact's run. No file in it holds customer ids.

    Attributes:
        name: a few words that follow the stage's name.
        description: Markdown for the run's page.
        headline: the few metrics for comparing runs; the command's run has them, too.
        params, metrics, tags: as in MLflow; nested params become `outer.inner`, nested metrics `outer/inner`.
        texts: file name → content, logged as JSON.
        files: paths of files and folders.
        trials: child runs: name, params, and log loss by fold.
    """

    name: str = ""
    description: str = ""
    headline: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    metrics: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tags: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    texts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    files: tuple[Path, ...] = ()
    trials: tuple[Mapping[str, Any], ...] = ()


SHARED = ("as_of", "model_version", "run_id")  # entries of a manifest that are parameters


def record_of(artifact: Artifact) -> Record:
    """The record of an artifact, with its date and model."""
    record = content_of(artifact)
    shared = {name: artifact.manifest[name] for name in SHARED if name in artifact.manifest}
    name = record.name or str(artifact.manifest.get("day") or "")
    tags = {f"holdfast.{name}": value for name, value in shared.items()}
    return dataclasses.replace(
        record, name=name, params={**shared, **record.params}, tags={**tags, **record.tags}
    )


@functools.singledispatch
def content_of(artifact: Artifact) -> Record:
    """The record of a kind of artifact; empty for kinds that are not registered below."""
    del artifact
    return Record()


@content_of.register
def _(artifact: ValidatedTables) -> Record:
    rows = artifact.row_counts()
    headline = {count: sum(table[count] for table in rows.values()) for count in ("accepted", "rejected")}
    source, contracts = artifact.folder.name, artifact.manifest["settings"]["contracts"]
    return Record(
        name=f"{source} · {headline['accepted']:,} rows",
        headline=headline,
        params={"source": source, "contracts": contracts},
        metrics={"rows": rows},
        texts={"data_report.json": {"inputs": artifact.manifest["inputs"], "tables": artifact.reports}},
    )


@content_of.register
def _(artifact: Streams) -> Record:
    metrics = {name: artifact.manifest[name] for name in ("facts", "buckets")}
    return Record(name=f"{metrics['facts']:,} facts", metrics=metrics)


@content_of.register
def _(artifact: Features) -> Record:
    about, table = {name: artifact.manifest[name] for name in ("dates", "columns")}, artifact.summary
    return Record(
        name=f"{artifact.as_of} · {table.rows:,} rows",
        headline={"features": len(table.columns), "rows": table.rows},
        params=artifact.manifest["settings"],
        texts={"features.json": about},
    )


@content_of.register
def _(artifact: Model) -> Record:
    card = artifact.card()
    settings, test = card["settings"], card["metrics"]["test"]
    auc = "" if test["auc"] is None else f" · AUC {test['auc']:.3f}"
    params = {name: card[name] for name in ("seed", "version")}
    return Record(
        name=f"{card['as_of']} · grade {card['grade']}{auc}",
        description=describe_model(card),
        headline={name: test[name] for name in MAIN},
        params=params | {"model": settings["model"], "churn": settings["churn"]},
        metrics={
            "test": {name: value for name, value in test.items() if name not in MAIN},
            "auc_compared": {"this_model": test["auc"]}
            | {name: metrics["auc"] for name, metrics in card["baselines"].items()},
            "rows": card["rows"],
        },
        tags={
            "holdfast.grade": card["grade"],
            "holdfast.gate": card["gate"]["decision"],
            "holdfast.version": card["version"],
        },
        texts={"config.json": artifact.manifest["settings"], "hashes.json": card["hashes"]},
        files=(artifact.folder / CARD, artifact.folder / "report.html", artifact.folder / "plots"),
        trials=tuple((card.get("tuning") or {}).get("every_trial", ())),
    )


def describe_model(card: Mapping[str, Any]) -> str:
    """A model's card in short, as Markdown: for the page of its run and of its registered version."""
    rows = [("**model**", card["metrics"]["test"])]
    rows += [(name.replace("_", " "), metrics) for name, metrics in card["baselines"].items()]
    lines = [
        f"Grade {card['grade']}: {card['grade_text']}",  # no bold: the list of versions shows it as it is
        "",
        "| on the test | AUC | avg precision | log loss | calibration error |",
        "|---|--:|--:|--:|--:|",
        *(f"| {name} | {' | '.join(_figure(metrics[key]) for key in MAIN)} |" for name, metrics in rows),
        "",
        f"{card['gate']['decision'].capitalize()}:",
        "",
        *(f"- {reason}" for reason in card["gate"]["reasons"]),
        *(f"- warning: {warning}" for warning in card["warnings"]),
        "",
        f"Trained as of {card['as_of']} on {card['rows']['refit']:,} snapshots and {card['features']:,} "
        f"features; Holdfast's version `{card['version']}`. The figures belong to "
        f"{card['figures_belong_to']}. "
        "The whole card: `report.html` and `card.json` among the artifacts of the run.",
    ]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@content_of.register
def _(artifact: Explanations) -> Record:
    files = ("importance.csv", "importance.png", "beeswarm.png")
    return Record(
        name=f"{artifact.manifest['as_of']} · {artifact.manifest['customers']:,} customers",
        headline={"customers": artifact.manifest["customers"]},
        files=tuple(artifact.folder / name for name in files),
    )


@content_of.register
def _(artifact: Scores) -> Record:
    probability = artifact.table(["churn_probability"])["churn_probability"].to_pandas()
    spread = {"mean": probability.mean(), "median": probability.median(), "max": probability.max()}
    tags, metrics = describe_check(artifact.monitor)
    return Record(
        name=f"{artifact.as_of} · {artifact.rows:,} customers",
        headline={"customers": artifact.rows},
        metrics={"churn_probability": spread, **metrics},
        tags=tags,
    )


@content_of.register
def _(artifact: PublishedList) -> Record:
    value = float(artifact.listed(["value_at_risk"])["value_at_risk"].sum())
    counts = artifact.manifest["counts"]
    return Record(
        name=f"{artifact.as_of} · {counts['listed']:,} of {counts['eligible']:,} listed",
        description=describe_list(artifact.manifest),
        headline={"listed": counts["listed"], "eligible": counts["eligible"], "value_at_risk": value},
        metrics={"counts": counts},
        texts={"list.json": artifact.manifest},  # counts and settings; the list itself holds people
    )


def describe_list(manifest: Mapping[str, Any]) -> str:
    """A published list in short, as Markdown: counts by decision, and warnings."""
    counts = {name.replace("_", " "): count for name, count in manifest["counts"].items() if count}
    lines = [
        f"{counts.pop('listed', 0):,} of {counts.pop('eligible', 0):,} eligible customers listed, "
        f"by the model `{manifest['model_version']}`.",
        "",
        *(f"- {name}: {count:,}" for name, count in counts.items()),
        *(f"- **{text}**" for text in manifest["banner"]),
    ]
    return "\n".join(lines)


@content_of.register
def _(artifact: UpliftEstimate) -> Record:
    content = artifact.content()
    names = ("trust", "slope", "slope_error", "listed", "held_out")
    return Record(
        params={"lists": len(content["lists"])},
        metrics={name: content.get(name) for name in names},
        files=(artifact.folder / "uplift.json",),
    )


@content_of.register
def _(artifact: Retention) -> Record:
    content, rates = artifact.content(), artifact.last_rates()
    headline = {"active_customers": content["active_customers"], **rates}
    return Record(
        name=f"{content['as_of']} · {content['active_customers']:,} active",
        headline=headline,
        params={"retention": content["settings"]},
        metrics={"value": {name: value for name, value in content["value"].items() if value is not None}},
        files=(artifact.folder / "retention.json", artifact.folder / "report.html"),
    )


@content_of.register
def _(artifact: Outcomes) -> Record:
    content = artifact.content()
    compared, quality = content["compared"], content["list_quality"]
    return Record(
        name=f"{content['list_date']} · {content['verdict']}",
        params={
            **{name: content[name] for name in ("list_date", "known_until")},
            "lists": len(content["lists"]),
            "outcomes": content["settings"],
        },
        metrics={
            **{name: content[name] for name in ("effect", "cost")},
            **{name: compared[name] for name in ("listed", "held_out")},
            "churned": {group["group"]: group["observed"] for group in content["groups"]},
            "list": quality["observed"],
            "clean": quality["clean"] or {},
        },
        tags={"holdfast.verdict": content["verdict"]},
        files=(artifact.folder / "outcomes.json", artifact.folder / "report.html"),
    )


@content_of.register
def _(artifact: MonitorFindings) -> Record:
    results = artifact.tables().results
    everybody = results[results["group"] == "all"].set_index("as_of")
    past = {
        f"past_{name}": everybody[name].dropna().to_dict() for name in ("auc", "ece", "observed", "predicted")
    }
    tags, metrics = describe_check(artifact.manifest)
    files = ("drift.csv", "scores.csv", "results.csv", "report.html")
    return Record(
        name=f"{artifact.manifest['as_of']} · {artifact.manifest['verdict']}",
        metrics=metrics | past,
        tags=tags,
        files=tuple(artifact.folder / name for name in files),
    )


@content_of.register
def _(artifact: Audit) -> Record:
    content = artifact.content()
    return Record(
        name=f"{content['as_of']} · {len(content['findings'])} findings",
        headline=content["counts"],
        params={"audit": content["settings"]},
        files=(artifact.folder / "audit.json", artifact.folder / "report.html"),
    )


def describe_check(check: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tags and metrics of a monitoring check: its verdict and figures."""
    inputs = check["inputs"]
    numbers = {name: value for name, value in inputs.items() if name not in ("first", "states")}
    states = {name.replace(" ", "_"): count for name, count in inputs.get("states", {}).items()}
    drift = {**numbers, **states, "scores": check["scores"], "age": check["model_age_days"]}
    return {"holdfast.verdict": check["verdict"]}, {"drift": drift}
