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


@functools.singledispatch
def record_of(artifact: Artifact) -> Record:
    """The record of an artifact; empty for kinds that are not registered below."""
    del artifact
    return Record()


@record_of.register
def _(artifact: ValidatedTables) -> Record:
    counts = ("read", "accepted", "rejected", "out_of_scope")
    rows = {name: {count: report[count] for count in counts} for name, report in artifact.reports.items()}
    report = {"inputs": artifact.manifest["inputs"], "tables": artifact.reports}
    params = {
        "source": artifact.folder.name,
        "contracts": artifact.manifest["settings"]["contracts"],
    }
    total = {count: sum(table[count] for table in rows.values()) for count in counts}
    return Record(
        name=f"{artifact.folder.name} · {total['accepted']:,} rows",
        headline={"accepted": total["accepted"], "rejected": total["rejected"]},
        params=params,
        metrics={"rows": rows},
        texts={"data_report.json": report},
    )


@record_of.register
def _(artifact: Streams) -> Record:
    return Record(metrics={name: artifact.manifest[name] for name in ("facts", "buckets")})


@record_of.register
def _(artifact: Features) -> Record:
    about = {"dates": artifact.manifest["dates"], "columns": artifact.columns}
    return Record(
        name=f"{artifact.as_of} · {artifact.rows:,} rows",
        headline={"features": len(artifact.columns), "rows": artifact.rows},
        params={"as_of": artifact.as_of, **artifact.manifest["settings"]},
        tags={"holdfast.as_of": artifact.as_of},
        texts={"features.json": about},
    )


@record_of.register
def _(artifact: Model) -> Record:
    card = artifact.card()
    settings, test = card["settings"], card["metrics"]["test"]
    auc = "" if test["auc"] is None else f" · AUC {test['auc']:.3f}"
    params = {"as_of": card["as_of"], "seed": card["seed"], "version": card["version"]}
    return Record(
        name=f"{card['as_of']} · grade {card['grade']}{auc}",
        description=describe_model(card),
        headline={name: test[name] for name in MAIN},
        params=params | {"model": settings["model"], "churn": settings["churn"]},
        metrics={
            "test": {name: value for name, value in test.items() if name not in MAIN},
            "baselines": {name: {"auc": metrics["auc"]} for name, metrics in card["baselines"].items()},
            "rows": card["rows"],
        },
        tags={
            "holdfast.as_of": card["as_of"],
            "holdfast.grade": card["grade"],
            "holdfast.gate": card["gate"]["decision"],
            "holdfast.gate_reasons": "; ".join(card["gate"]["reasons"]),
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
        f"{card['gate']['decision'].capitalize()}: {'; '.join(card['gate']['reasons'])}",
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


@record_of.register
def _(artifact: Explanations) -> Record:
    files = ("importance.csv", "importance.png", "beeswarm.png")
    return Record(
        name=f"{artifact.manifest['as_of']} · {artifact.manifest['customers']:,} customers",
        headline={"customers": artifact.manifest["customers"]},
        params={name: artifact.manifest[name] for name in ("as_of", "model_version")},
        tags={"holdfast.as_of": artifact.manifest["as_of"]},
        files=tuple(artifact.folder / name for name in files),
    )


@record_of.register
def _(artifact: Scores) -> Record:
    probability = artifact.table(["churn_probability"])["churn_probability"].to_pandas()
    spread = {"mean": probability.mean(), "median": probability.median(), "max": probability.max()}
    tags, metrics = describe_check(artifact.monitor)
    return Record(
        name=f"{artifact.as_of} · {artifact.rows:,} customers",
        headline={"customers": artifact.rows},
        params={"as_of": artifact.as_of, "model_version": artifact.model_version},
        metrics={"churn_probability": spread, **metrics},
        tags={"holdfast.as_of": artifact.as_of, **tags},
    )


@record_of.register
def _(artifact: PublishedList) -> Record:
    value = float(artifact.listed(["value_at_risk"])["value_at_risk"].sum())
    counts = artifact.manifest["counts"]
    return Record(
        name=f"{artifact.as_of} · {counts['listed']:,} of {counts['eligible']:,} listed",
        headline={"listed": counts["listed"], "eligible": counts["eligible"], "value_at_risk": value},
        params={
            "as_of": artifact.as_of,
            "run_id": artifact.run_id,
            "model_version": artifact.model_version,
        },
        metrics={"counts": counts},
        tags={
            "holdfast.as_of": artifact.as_of,
            "holdfast.run_id": artifact.run_id,
            "holdfast.model_version": artifact.model_version,
        },
        texts={"list.json": artifact.manifest},  # counts and settings; the list itself holds people
    )


@record_of.register
def _(artifact: UpliftEstimate) -> Record:
    content = artifact.content()
    names = ("trust", "slope", "slope_error", "listed", "held_out")
    return Record(
        params={"lists": len(content["lists"])},
        metrics={name: content.get(name) for name in names},
        files=(artifact.folder / "uplift.json",),
    )


@record_of.register
def _(artifact: Outcomes) -> Record:
    content = artifact.content()
    compared, quality = content["compared"], content["list_quality"]
    return Record(
        name=f"{content['list_date']} · {content['verdict']}",
        params={
            "list_date": content["list_date"],
            "lists": len(content["lists"]),
            "known_until": content["known_until"],
            "outcomes": content["settings"],
        },
        metrics={
            "effect": content["effect"],
            "cost": content["cost"],
            **{name: compared[name] for name in ("listed", "held_out")},
            "churned": {group["group"]: group["observed"] for group in content["groups"]},
            "list": quality["observed"],
            "clean": quality["clean"] or {},
        },
        tags={"holdfast.verdict": content["verdict"]},
        files=(artifact.folder / "outcomes.json", artifact.folder / "report.html"),
    )


@record_of.register
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
        params={name: artifact.manifest[name] for name in ("as_of", "model_version")},
        metrics=metrics | past,
        tags={"holdfast.as_of": artifact.manifest["as_of"], **tags},
        files=tuple(artifact.folder / name for name in files),
    )


@record_of.register
def _(artifact: Audit) -> Record:
    content = artifact.content()
    return Record(
        name=f"{content['as_of']} · {len(content['findings'])} findings",
        headline=content["counts"],
        params={"as_of": content["as_of"], "audit": content["settings"]},
        tags={"holdfast.as_of": content["as_of"]},
        files=(artifact.folder / "audit.json", artifact.folder / "report.html"),
    )


def describe_check(check: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tags and metrics of a monitoring check: its verdict and figures."""
    inputs = check["inputs"]
    numbers = {name: value for name, value in inputs.items() if name not in ("first", "states")}
    states = {name.replace(" ", "_"): count for name, count in inputs.get("states", {}).items()}
    drift = {**numbers, **states, "scores": check["scores"], "age": check["model_age_days"]}
    return {"holdfast.verdict": check["verdict"]}, {"drift": drift}
