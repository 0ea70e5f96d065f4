"""Who left lately, and why, as far as it was known: what a win-back list is made of."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from ibis import Table

from holdfast.explain.figures import format_figure
from holdfast.explain.reasons import choose_text
from holdfast.job import Job
from holdfast.outreach.selection import REASONS
from holdfast.publication import PARQUET, dates_in, published_dates
from holdfast.scoring.leavers import find_leavers
from holdfast.stages.explaining import TOLD
from holdfast.storage import MANIFEST, read_json

REMEMBERED_DAYS = 365  # reasons that were told longer ago say little of why somebody left
REASON = ["reason", "reason_code", "reason_from", "reason_as_of"]
WORTH_A_WORD = {"open_tickets": 1, "price_rise": 5}  # tickets, per cent; prices rise a little everywhere
Known = Mapping[Any, Any]
RECORDED = "RECORDED"  # the code of a reason in the company's own words


def leavers_with_reasons(job: Job, tables: Mapping[str, Table], day: dt.date) -> pd.DataFrame:
    """The leavers (see `find_leavers`) with REASON, the best that is known of each.

    In this order: what the company itself recorded; the newest reason that an earlier list or explanation
    told; the last known facts. `reason_as_of` says when that was; what it says, it says of that day.
    """
    config = job.config
    found = find_leavers(
        tables, config.churn, day,
        within_days=config.outreach.win_back_days, least_days=config.churn.horizon_days,
    )  # fmt: skip
    told = newest_reasons(job, day).reindex(found["customer_id"])
    texts = config.reasons[config.language]
    reasons = [
        recorded(person) or remembered(kept, texts) or facts(person, texts, day)
        for person, kept in zip(found.to_dict("records"), told.to_dict("records"), strict=True)
    ]
    return found.join(pd.DataFrame(reasons, columns=REASON, index=found.index, dtype="object"))


def leavers_inputs(job: Job, day: dt.date) -> dict[str, Any]:
    """All that decides the reasons of leavers beside the validated tables and the settings."""
    return {
        "churn": job.config.churn.asked(),
        "told": {f"{date}/{file.name}": mark for file, date, mark, _ in earlier(job, day)},
    }


def recorded(person: Known) -> dict[str, Any] | None:
    """The reason in the company's own words."""
    if not isinstance(person["recorded_reason"], str):
        return None
    cells = (person["recorded_reason"], RECORDED, "recorded", person["recorded_on"])
    return dict(zip(REASON, cells, strict=True))


def remembered(kept: Known, texts: Mapping[str, list[str]]) -> dict[str, Any] | None:
    """The reason that was told last; in general words where that was in another language."""
    code = kept["code"]
    if not isinstance(code, str):
        return None
    text = kept["text"] if kept["same_language"] else choose_text(code, {}, texts)
    if text is None:  # no text of it goes without figures
        return None
    return dict(zip(REASON, (text, code, kept["from"], kept["as_of"]), strict=True))


def facts(person: Known, texts: Mapping[str, list[str]], day: dt.date) -> dict[str, Any]:
    """The first of these that is true: a ticket was open, prices had risen, nothing was bought for long."""
    figures = {
        "OPEN_TICKET": {"open_tickets": person["open_tickets"], "open_days": person["open_days"]},
        "PRICE_UP": {"price_rise": 100 * (person["price_change"] - 1)},
        "LONG_SILENCE": {"silence": person["days_since_last_purchase"]},
    }
    for code, values in figures.items():
        if all(value >= WORTH_A_WORD.get(name, 0) for name, value in values.items()):  # false of null
            told = choose_text(code, {name: format_figure(value) for name, value in values.items()}, texts)
            return dict(zip(REASON, (told, code, "facts", day), strict=True))
    return {}


def newest_reasons(job: Job, day: dt.date) -> pd.DataFrame:
    """The strongest reason told of each customer on the newest date before `day`; key and index customer_id.

    Silence is told only where nothing else was: it is how they left, not why. Columns: code, text, as_of,
    from (`list` or `explanation`), same_language (as this list's).
    """
    frames = []
    for file, date, _, language in earlier(job, day):
        told = reasons_of_list(file) if file.name == PARQUET else pd.read_parquet(file)
        told = told.assign(how=told["code"].eq("LONG_SILENCE")).sort_values(
            ["customer_id", "how", "position"]
        )
        frame = told.drop_duplicates("customer_id")[["customer_id", "code", "text"]]
        frames.append(
            frame.assign(
                as_of=date, same_language=language == job.config.language,
                **{"from": "list" if file.name == PARQUET else "explanation"},
            )
        )  # fmt: skip
    columns = ["customer_id", "code", "text", "as_of", "same_language", "from"]
    newest = pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)
    return newest.drop_duplicates("customer_id", keep="first").set_index("customer_id")


def reasons_of_list(file: Path) -> pd.DataFrame:
    """A published list's reasons, one row a customer and reason: customer_id, position, code, text."""
    listed = pd.read_parquet(file, columns=["customer_id", *REASONS])
    parts = [
        pd.DataFrame(
            {
                "customer_id": listed["customer_id"],
                "position": place,
                "code": listed[f"reason_{place}_code"],
                "text": listed[f"reason_{place}"],
            }
        )
        for place in (1, 2, 3)
    ]
    every = pd.concat(parts, ignore_index=True)
    return every[every["code"].notna()]


def earlier(job: Job, day: dt.date) -> Iterator[tuple[Path, dt.date, str, str | None]]:
    """Files with reasons told in the REMEMBERED_DAYS before `day`, newest first, lists before explanations.

    Yields:
        The file, its as_of, what stands for its content, and the language of its texts (None: not known).
    """
    since, explanations = day - dt.timedelta(days=REMEMBERED_DAYS), job.layout.explanations(day).parent
    listed, explained = published_dates(job.layout), dates_in(explanations)
    for date in sorted({date for date in (*listed, *explained) if since <= date < day}, reverse=True):
        if date in listed:
            folder = (job.layout.lists / str(date)).resolve()
            manifest = read_json(folder / MANIFEST)
            yield folder / PARQUET, date, str(manifest["run_id"]), manifest["settings"].get("language")
        if date in explained:
            folder = explanations / str(date)
            manifest = read_json(folder / MANIFEST)
            yield folder / TOLD, date, manifest["files"][TOLD], manifest.get("language")
