"""outcomes: a published list, or all of them → what became of its customers, and whether calling helped."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.config import ALL
from holdfast.contracts.identifiers import refuse_reformatted_ids
from holdfast.errors import DataRefused, SettingError
from holdfast.job import Job, Make, Manifest, Result
from holdfast.outcomes.verdict import reckon
from holdfast.outreach.selection import EXCLUSIONS
from holdfast.publication import published_dates
from holdfast.reports.outcomes import write_outcomes_report
from holdfast.stages.cards import question
from holdfast.stages.contacted import known_contacts
from holdfast.stages.extracting import what_to_extract
from holdfast.stages.following import PastList, follow
from holdfast.storage import MANIFEST, read_json, sha256_file, write_json
from holdfast.tracking import Run

OUTCOMES, CUSTOMERS, REPORT = "outcomes.json", "outcomes.parquet", "report.html"
DECISIONS = ("listed", "held_out", *EXCLUSIONS)
MOST_HELD_CONTACTED = 0.1  # share of the held out; with more, the effect is clearly understated


def until(job: Job, validated: Manifest) -> dt.date:
    """The day before which facts are known: as asked, but never later than the data."""
    reached = job.data_until(validated)
    return min(job.config.day() or reached, reached)


def asked_dates(job: Job) -> list[dt.date]:
    """The as-of dates of the published lists that were asked for, oldest first.

    Raises:
        SettingError: no list was named, or there is none of that day.
    """
    dates = published_dates(job.layout)
    known = ", ".join(str(date) for date in dates[-6:]) or "none"
    if job.config.list is None or not dates:
        raise SettingError(
            "no list was named" if dates else "no list was ever published here",
            where="list" if dates else str(job.layout.lists),
            expected=f"list=YYYY-MM-DD or list=all; published: {known}",
            next_step=f"holdfast outcomes list={dates[0]}" if dates else "holdfast score as_of=latest",
        )
    if job.config.list != ALL:
        asked = dt.date.fromisoformat(job.config.list)
        if asked not in dates:
            raise SettingError(
                "no list was published as of that day",
                where=f"list={asked}",
                found=f"published: {known}",
                next_step="choose one of them, or list=all",
            )
        return [asked]
    return dates


def known_lists(job: Job, validated: Manifest, dates: list[dt.date], day: dt.date) -> list[PastList]:
    """The lists of these dates whose outcome is known, oldest first.

    Raises:
        DataRefused: no outcome window is over yet, or what a list decided was not kept.
    """
    with job.engine() as engine:
        outcome = what_to_extract(job, engine, validated, "score", day).outcome
    over = [date for date in dates if outcome.mature_at(date) <= day]
    if not over:
        first = outcome.mature_at(dates[0])
        raise DataRefused(
            "the outcome of the list is not known yet" if len(dates) == 1 else "no outcome is known yet",
            where=f"list={job.config.list}",
            found=f"data until {day}",
            expected=f"data until {first}: gap, outcome window, grace and the usual delay of the data",
            next_step=f"deliver newer data, and call again on {first} or later",
        )
    return [past_list(job, date) for date in over]


def past_list(job: Job, date: dt.date) -> PastList:
    """One published list."""
    manifest = read_json((job.layout.lists / str(date)).resolve() / MANIFEST)
    decisions = job.layout.decisions_of_run(manifest["run_id"])
    if not decisions.is_file():
        raise DataRefused(
            "what the list decided about each customer was not kept",
            where=str(decisions),
            found=f"the list of {date}, published by an earlier Holdfast or partly deleted",
            next_step="choose a later list",
        )
    return PastList(date, manifest, decisions)


def inputs_of(job: Job, lists: list[PastList], sorted_facts: Result, day: dt.date) -> dict[str, Any]:
    """All that decides the outcome beside Holdfast's own code."""
    config, file = job.config, job.config.contacts
    return {
        "day": day,
        "lists": {str(one.as_of): sha256_file(one.decisions) for one in lists},
        "published": {str(date): run_at(job, date) for date in published_dates(job.layout)},
        "facts": sorted_facts.manifest["fingerprint"],
        "contacts": sha256_file(file) if file is not None and file.is_file() else str(file),
        "churn": config.churn.asked(),
        "delay": config.timeline.label_delay_days,
        "outcomes": config.outcomes.model_dump(),
        "contact_cost": config.outreach.contact_cost,
        "currency": config.source.currency,
        "seed": config.seed,
    }


def run_at(job: Job, date: dt.date) -> str:
    """The run whose list stands at a date."""
    return (job.layout.lists / str(date)).resolve().name


def make(job: Job, validated: Result, sorted_facts: Result, lists: list[PastList], day: dt.date) -> Make:
    """Write outcomes.json, outcomes.parquet (customers: stays here) and the page."""

    def outcomes(out: Path, manifest: Manifest, run: Run) -> None:
        config = job.config
        contacts = known_contacts(job, lists[0].as_of, day)
        job.say(
            f"following the customers of {len(lists):,} lists" if len(lists) > 1 else "following customers"
        )
        followed = follow(job, validated, sorted_facts, lists, contacts, day)
        if contacts is not None and config.contacts is not None:
            refuse_reformatted_ids(
                contacts["customer_id"], followed["customer_id"], where=f"contacts={config.contacts}"
            )
        found = reckon(
            followed, config.outcomes, order=DECISIONS, contact_cost=config.outreach.contact_cost,
            seed=config.seed,
        )  # fmt: skip
        content: dict[str, Any] = {
            "list": config.list,
            "lists": [str(one.as_of) for one in lists],
            "outcome_window_ends": [one.manifest["outcome_window_end"] for one in lists],
            "known_until": str(day),
            "question": question(job),
            "currency": config.source.currency,
            "contacts": None if contacts is None else "the source" if config.contacts is None else "a file",
            "settings": config.outcomes.model_dump(),
            "left_out": left_out(job, lists) if config.list == ALL else [],
            **found,
        }
        content["warnings"] = warnings_of(content, followed, lists)
        write_json(out / OUTCOMES, content)
        followed.to_parquet(out / CUSTOMERS, index=False)
        write_outcomes_report(content, followed, out / REPORT)
        manifest |= {name: content[name] for name in ("list", "lists", "known_until", "verdict")}
        log(run, content, out)

    return outcomes


def left_out(job: Job, lists: list[PastList]) -> list[str]:
    """The published lists that are too young."""
    used = {one.as_of for one in lists}
    return [str(date) for date in published_dates(job.layout) if date not in used]


def warnings_of(content: Mapping[str, Any], followed: pd.DataFrame, lists: list[PastList]) -> list[str]:
    """What makes the figures weaker than they look, in plain words."""
    settings = [one.manifest["settings"]["outreach"] for one in lists]
    found = []
    if not any(one["holdout_share"] for one in settings):
        found.append(
            "nobody was held out (outreach.holdout_share=0): nothing can be said about what calling changed"
        )
    short = [
        one.as_of
        for one, setting in zip(lists, settings, strict=True)
        if (dt.date.fromisoformat(one.manifest["outcome_window_end"]) - one.as_of).days
        > setting["holdout_days"]
    ]
    if short:
        found.append(
            "customers are held out for fewer days than the outcome window takes (outreach.holdout_days): "
            "some may have been called before it ended"
        )
    compared = followed[followed["compared"]]
    held = compared.loc[compared["decision"] == "held_out", "contacted"].dropna()
    if len(held) and held.mean() > MOST_HELD_CONTACTED:
        found.append(
            f"{held.mean():.0%} of the held out were contacted too, if not by this list: "
            "what contacts do in all is understated"
        )
    if content["contacts"] is None:
        found.append(
            "nothing says who was really contacted: give a file (contacts=…) or map the table contacts"
        )
    elif not followed.loc[followed["decision"] == "listed", "contacted"].any():
        found.append("nobody on the list was contacted, as far as the contacts say")
    if missing := content["compared"]["not_compared"]["no_label"]:
        found.append(f"{missing:,} listed or held-out customers have no outcome: erased, or corrected since")
    return found


def log(run: Run, content: Mapping[str, Any], out: Path) -> None:
    """The figures into the run; the file with customers stays where it is."""
    run.params(
        {"list": content["list"], "lists": len(content["lists"]), "known_until": content["known_until"]}
    )
    run.params({"outcomes": content["settings"]})
    run.tags({"holdfast.verdict": content["verdict"]})
    run.metrics({"effect": content["effect"], "cost": content["cost"]})
    run.metrics({name: content["compared"][name] for name in ("listed", "held_out")})
    run.metrics({"left": {one["group"]: one["observed"] for one in content["groups"]}})
    run.metrics(
        {"list": content["list_quality"]["observed"], "clean": content["list_quality"]["clean"] or {}}
    )
    for name in (OUTCOMES, REPORT):
        run.artifact(out / name)
