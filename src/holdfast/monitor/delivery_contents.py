"""Judge all deliveries of a night; compare what each table holds with what it held for earlier lists."""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.errors import GuardRefused
from holdfast.monitor.deliveries import (
    FEWEST_A_DAY,
    FEWEST_ROWS,
    DeliveryFinding,
    finding,
    judge_amounts,
    judge_silence,
    judge_volume,
)
from holdfast.monitor.delivery_hours import judge_hours, judge_whole_table
from holdfast.monitor.delivery_shares import judge_copies, judge_new_values, judge_shares, quoted
from holdfast.outreach.deliveries import DeliveryCode
from holdfast.sources.deliveries import CONSENT
from holdfast.timeline.arrivals import without_strays

SHOWN = 3  # findings in a refusal
EARLIER_LISTS = 7  # with the last of them and the usual of all, tables are compared
LOST, MOVED = 0.2, 0.1  # share of a table's rows or values that went missing since earlier lists
TIMES = 3.0  # so many times as many different values, or as few

Contents = Mapping[str, float]

logger = logging.getLogger(__name__)


def judge_deliveries(
    days: pd.DataFrame, day: dt.date, now: Mapping[str, Contents], earlier: Sequence[Mapping[str, Contents]],
    leading: str, rejected: Sequence[Mapping[str, Any]] = (),
) -> list[DeliveryFinding]:  # fmt: skip
    """The unusual findings about all tables, the most severe first.

    Args:
        days: of `sources.deliveries.count_days`.
        now, earlier: of `sources.deliveries.describe_tables`, tonight and for the last lists, oldest first.
        leading: the table that defines churn; if it is transactions, too few rows are refused, because
            everybody would look silent.
        rejected: the figures of new files with many rejected rows.
    """
    findings = [DeliveryFinding("rejected", False, dict(figures)) for figures in rejected]
    for name, counted in days[days["day"] < pd.Timestamp(day)].groupby("table"):
        kept, table = without_strays(counted), str(name)
        findings += judge_silence(table, kept, day)
        findings += judge_volume(table, kept, day, leading=table == leading == "transactions")
        findings += judge_amounts(table, kept, day)
        findings += judge_shares(table, kept, day)
        findings += judge_copies(table, kept, day)
        findings += judge_new_values(table, kept, day)
        findings += judge_hours(table, kept, day)
    for name in dict.fromkeys(name for tables in earlier for name in tables):
        findings += judge_table(
            name, now.get(name, {}), [tables[name] for tables in earlier if name in tables], leading
        )
    return sorted(findings, key=lambda each: not each.refuse)


def judge_table(
    table: str, now: Contents, earlier: Sequence[Contents], leading: str
) -> list[DeliveryFinding]:
    """Compare a table with the last list and the usual of several, so that later nights name a loss, too."""
    compared = [*judge_contents(table, now, usual(earlier), leading=leading)]
    compared += judge_contents(table, now, earlier[-1], leading=leading)
    return list({(each.code, each.figures.get("column")): each for each in compared}.values())


def usual(earlier: Sequence[Contents]) -> Contents:
    """The median of each figure; a value that half of the lists had not is left out."""
    every = pd.DataFrame(list(earlier))
    values = [name for name in every.columns if name.startswith("value:")]
    medians = every.fillna(dict.fromkeys(values, 0.0)).median()
    return {str(name): float(median) for name, median in medians.items() if median or name not in values}


def judge_contents(table: str, now: Contents, before: Contents, *, leading: str) -> Iterator[DeliveryFinding]:
    """Whether a table has lost rows, customers or values since earlier lists; consent counts most."""
    if not now:
        yield finding(table, "table_missing", refuse=True)
        return
    codes: dict[str, DeliveryCode] = {"rows": "rows_lost", "customers": "customers_lost"}
    for key, code in codes.items():
        had, has = before.get(key, 0.0), now.get(key, 0.0)
        least = (1 - LOST / 10) * had
        if had >= FEWEST_ROWS and has < least:
            refuse = has < (1 - LOST) * had
            yield finding(table, code, refuse=refuse, rows=int(has), before=int(had), limit=round(least))
            break
    yield from judge_consent(table, now, before)
    yield from judge_whole_table(table, now, before)
    ends = table == leading == "subscriptions"
    for key in before:
        if key.startswith("null:"):
            yield from judge_nulls(table, key.removeprefix("null:"), now, before, ends=ends)
        elif key.startswith("distinct:"):
            yield from judge_values(table, key.removeprefix("distinct:"), now, before)


def judge_consent(table: str, now: Contents, before: Contents) -> Iterator[DeliveryFinding]:
    """Whether the share of consent moved, or some of those who said no are gone."""
    if CONSENT not in before:
        return
    share, had = now.get(CONSENT, 0.0), before[CONSENT]
    if abs(share - had) > MOVED:
        yield finding(table, "consent_moved", refuse=True, share=share, before=had, limit=MOVED)
    refused, rows = before.get("refused", 0.0), now.get("refused", 0.0)
    least = (1 - LOST / 4) * refused
    if refused >= FEWEST_A_DAY and rows < least:
        counts = {"rows": int(rows), "before": int(refused), "limit": round(least)}
        yield finding(table, "refusals_lost", refuse=True, **counts)


def judge_nulls(
    table: str, column: str, now: Contents, before: Contents, *, ends: bool
) -> Iterator[DeliveryFinding]:
    """Whether many more, many fewer or suddenly none of a column's values are missing.

    If the table defines churn (`ends`), the sudden arrival of its ends is refused.
    """
    had, has = before[f"null:{column}"], now.get(f"null:{column}", 1.0)
    filled = has == 0 and had * before["rows"] >= FEWEST_A_DAY
    if before["rows"] < FEWEST_ROWS or not (abs(has - had) > MOVED or filled):
        return
    refuse = (column == CONSENT and has > had) or (ends and column == "ended_at" and had - has > LOST)
    yield finding(
        table, "nulls_moved", refuse=refuse, column=column, share=has, before=had, limit=MOVED
    )  # fmt: skip


def judge_values(table: str, column: str, now: Contents, before: Contents) -> Iterator[DeliveryFinding]:
    """Whether a column has far more or fewer different values, or values that it never had."""
    had, has = before[f"distinct:{column}"], now.get(f"distinct:{column}", 0.0)
    if has and had and (has > max(TIMES * had, had + FEWEST_A_DAY) or has < had / TIMES):
        yield finding(
            table, "values_moved", column=column, rows=int(has), before=int(had),
            low=round(had / TIMES), high=round(max(TIMES * had, had + FEWEST_A_DAY)),
        )  # fmt: skip
    levels = {name: share for name, share in now.items() if name.startswith(f"value:{column}=")}
    new = [name for name in levels if name not in before]
    share = sum(levels[name] for name in new)
    if any(name.startswith(f"value:{column}=") for name in before) and share > MOVED:
        yield finding(
            table, "new_values", column=column, share=share, limit=MOVED, values=quoted(new),
            since="earlier lists",
        )  # fmt: skip


def check_deliveries(findings: list[DeliveryFinding], *, accept: bool) -> None:
    """Log the findings, and refuse to score data that cannot be right.

    Args:
        accept: score it nevertheless (`monitor.accept_changes`).

    Raises:
        GuardRefused: a finding refuses.
    """
    refused = [each for each in findings if each.refuse]
    if refused and not accept:
        raise GuardRefused(
            "what arrived cannot be right: no list is made of it",
            where=f"data/validated, {refused[0].table}",
            found="; ".join(each.what for each in refused[:SHOWN]),
            expected="deliveries like those before; the list before stays",
            next_step="fix the export and run again; if it is right: monitor.accept_changes=true, once",
        )
    for each in findings:
        logger.warning(each.what)
