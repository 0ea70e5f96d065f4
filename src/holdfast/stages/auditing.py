"""audit: proves that no feature sees the future, and names columns that leak by themselves."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa

from holdfast.audit.courses import attribute_columns, judge_courses, measure_courses, overwritable
from holdfast.audit.findings import Finding, count_severities, in_order
from holdfast.audit.overwritten import Presence, judge_attributes, presence_of, undated
from holdfast.audit.proof import KEYS, VARIANTS, Difference, findings_of
from holdfast.audit.shift import Shift, judge_shifts, measure_shifts
from holdfast.audit.signals import Signal, judge_signals, measure_signals
from holdfast.audit.timing import judge_timing, measure_timing
from holdfast.engine.extract import Extraction, read_features
from holdfast.errors import GuardRefused
from holdfast.job import Job, Make, Manifest, Result
from holdfast.reports.audit import write_audit_report
from holdfast.stages.cards import question
from holdfast.stages.extracting import what_to_extract
from holdfast.stages.trial import Trial, at, choose_dates, experiment, open_trial
from holdfast.storage import read_json, write_json
from holdfast.tracking import Run

AUDIT, REPORT = "audit.json", "report.html"
SHOWN = 6  # columns in a refusal; the report has all


def make(job: Job, validated: Result, data: Result) -> Make:
    """Prove, look for columns that leak by themselves, and write audit.json and report.html."""

    def audit(out: Path, manifest: Manifest, run: Run) -> None:
        day = dt.date.fromisoformat(data.manifest["as_of"])
        scratch = job.layout.temporary / "audit"
        scratch.mkdir(parents=True)
        with job.engine() as engine:
            wanted = what_to_extract(job, engine, validated.manifest, "train", day)
            dates = choose_dates(wanted.dates, day, job.config.audit.dates)
            trial = open_trial(job, engine, wanted, scratch)
            whole, differences = experiment(trial, dates)
            seen = [at(whole, date) for date in dates]
            presence = presence_of([rows["customer_id"].combine_chunks() for rows in seen])
            findings, attributes = judge_tables(trial, presence)
        job.say("looking for columns that leak by themselves")
        tables = origins(wanted)
        measured, suspects = judge_columns(job, data, seen[-1], tables, attributes)
        findings = in_order([*findings_of(differences, tables), *suspects, *findings])
        content: dict[str, Any] = {
            "as_of": str(day),
            "question": question(job),
            "counts": counts(whole, differences, findings),
            "dates": {str(date): rows.num_rows for date, rows in zip(dates, seen, strict=True)},
            "variants": VARIANTS,
            "differences": [difference.to_dict() for difference in differences],
            "findings": [finding.to_dict() for finding in findings],
            "columns": measured,
            "settings": job.config.audit.model_dump(mode="json"),
        }
        write_json(out / AUDIT, content)
        write_audit_report(content, out / REPORT)
        manifest |= {name: content[name] for name in ("as_of", "counts")}
        run.params({"as_of": day, "audit": content["settings"]})
        run.metrics(content["counts"])
        for name in (AUDIT, REPORT):
            run.artifact(out / name)

    return audit


def counts(whole: pa.Table, differences: list[Difference], findings: list[Finding]) -> dict[str, int]:
    """The figures of an audit: columns and rows compared, columns that differ, findings by severity."""
    return {
        "columns": len([name for name in whole.column_names if name not in KEYS]),
        "rows": whole.num_rows,
        "differing": len({difference.column for difference in differences}),
        **count_severities(findings),
    }


def origins(wanted: Extraction) -> dict[str, str]:
    """Column → the contract table that it is made from."""
    return {column.name: column.streams[0] for column in wanted.plan.columns}


def judge_tables(trial: Trial, presence: Presence) -> tuple[list[Finding], tuple[str, ...]]:
    """Findings about the validated tables, and the attributes that nothing dates."""
    job, found = trial.job, []
    for name, table in trial.tables.items():
        found += judge_timing(measure_timing(name, table))
    attributes = job.attributes()
    if not attributes or "customers" not in trial.tables:
        return found, ()
    people = trial.tables["customers"]
    mapped = "valid_from" in people.columns
    rows, customers = (
        int(value.to_pyarrow().as_py()) for value in (people.count(), people.customer_id.nunique())
    )
    notes = undated(attributes, mapped=mapped, rows=rows, customers=customers)
    if not notes:
        return found, ()
    values = people.select("customer_id", *attributes).to_pyarrow()
    return [*found, *notes, *judge_attributes(values, presence, job.config.audit)], attributes


def judge_columns(
    job: Job, data: Result, newest: pa.Table, tables: dict[str, str], attributes: tuple[str, ...]
) -> tuple[dict[str, Any], list[Finding]]:
    """The signal and the shift of every column, and findings about them.

    Args:
        newest: features at the newest date.
        attributes: customers' attributes that nothing dates.
    """
    settings = job.config.audit
    rows = read_features(data.folder)
    rows = rows.filter(rows["churned"].is_valid())
    columns = [name for name in tables if name in rows.column_names]
    signals = measure_signals(rows, columns, settings.min_churners)
    old = oldest(rows)
    shifts = measure_shifts(old, newest, columns)
    undated_columns = attribute_columns(columns, attributes)
    found = judge_signals(signals, tables, undated_columns, settings)
    given = overwritable(rows, columns, undated_columns)
    courses = measure_courses(rows, given, settings.min_churners)
    found += judge_courses(courses, tables, undated_columns, settings)
    found += judge_shifts([one for one in shifts if one.column not in undated_columns], tables)
    return in_figures(signals, shifts), found


def oldest(rows: pa.Table) -> pa.Table:
    """The snapshots of the oldest third of the training dates."""
    dates = sorted(set(rows["as_of"].to_pylist()))
    last = dates[(len(dates) - 1) // 3] if dates else None
    return rows.filter(pa.array([day <= last for day in rows["as_of"].to_pylist()], pa.bool_()))


def in_figures(signals: list[Signal], shifts: list[Shift]) -> dict[str, Any]:
    """Column → its figures, as JSON holds them; what could not be judged is null."""
    moved = {one.column: one for one in shifts}
    figures = {}
    for signal in signals:
        one = moved.get(signal.column)
        figures[signal.column] = {
            "value_auc": signal.value_auc,
            "missing_auc": signal.missing_auc,
            "psi": one.psi if one else None,
            "missing_old": one.missing_old if one else None,
            "missing_new": one.missing_new if one else None,
        }
    return figures


def refuse_leaks(result: Result) -> None:
    """Let nobody train on columns that know the future.

    Raises:
        GuardRefused: the experiment failed, or a column leaks by itself.
    """
    content = read_json(result.folder / AUDIT)
    leaks = [finding for finding in content["findings"] if finding["severity"] == "leak"]
    if not leaks:
        return
    names = list(dict.fromkeys(column for finding in leaks for column in finding["columns"]))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    first = leaks[0]
    raise GuardRefused(
        f"{len(names)} columns know the future" if len(names) > 1 else "a column knows the future",
        where=str(result.folder / REPORT),
        found=", ".join(names[:SHOWN]) + more + f"; {first['columns'][0]}: {first['found']}",
        expected="what is known at an as-of date does not change by what comes later",
        next_step=first["next_step"],
    )
