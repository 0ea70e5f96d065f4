"""Attributes that an export may have overwritten: their present values separate active from lost customers.

An attribute without `valid_from` has the value of the latest export in every snapshot. An account state, a
last login or a re-assigned segment then leaks the future into old snapshots. The leakage experiment cannot
see this in a single export, so these checks look for signs of it.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.findings import Finding, Severity, attribute_remedy
from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import FOLDS, MIN_LEVEL_ROWS, auc_score, target_encode

MIN_EXPECTED = 10  # customers; with fewer expected, zero observed may be chance
MAX_OBSERVED_SHARE = 0.01  # of the expected customers: at most so many count as none
FREQUENT_SHARE = 0.01  # of all customers: a number that so many share is a category
MISSING = "nothing"

Flags = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Presence:
    """Customers eligible at any date, and (customers,) whether each was at the oldest and the newest date."""

    customers: pa.Array
    oldest: Flags
    newest: Flags


def presence_of(dates: list[pa.Array]) -> Presence:
    """Build the presence from the eligible customers of each date, oldest date first."""
    customers = pc.unique(pa.concat_arrays(dates)).sort()
    oldest, newest = (
        np.asarray(pc.is_in(customers, value_set=ids).to_numpy(zero_copy_only=False), dtype=bool)
        for ids in (dates[0], dates[-1])
    )
    return Presence(customers, oldest, newest)


def judge_attributes(table: pa.Table, presence: Presence, settings: AuditSettings) -> list[Finding]:
    """Findings about undated attributes that look overwritten; `table`: one row per customer."""
    index = pc.index_in(presence.customers, value_set=table["customer_id"].combine_chunks())
    findings: list[Finding] = []
    for name in table.column_names:
        if name != "customer_id":
            values = table[name].combine_chunks().take(index)
            findings += judge_separation(name, values, presence, settings)
            findings += judge_levels(name, values, presence, settings)
    return findings


def judge_separation(
    name: str, values: pa.Array, presence: Presence, settings: AuditSettings
) -> list[Finding]:
    """A finding if the attribute predicts who is no longer active at the newest date."""
    gone = ~presence.newest
    scores = target_encode(as_levels(values), gone, np.arange(len(gone)) % FOLDS)  # one row per customer
    best = auc_score(scores, gone, settings.min_churners, either_way=False)
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False)
        valid = ~np.isnan(numbers)
        best = max(best or 0.0, auc_score(numbers[valid], gone[valid], settings.min_churners) or 0.0)
    if best is None or best < settings.suspicious_auc:
        return []
    evidence = (
        f"its present value predicts which of {len(gone):,} customers are no longer active with AUC "
        f"{best:.3f}, and old snapshots hold this value too"
    )
    severity: Severity = "leak" if best >= settings.leak_auc else "suspicious"
    return [Finding(severity, "knows_who_is_gone", "customers", (name,), evidence, attribute_remedy(name))]


def judge_levels(name: str, values: pa.Array, presence: Presence, settings: AuditSettings) -> list[Finding]:
    """Findings about categories that only past customers have, or only customers of the newest date."""
    evidence = []
    for level, has in levels_of(values):
        if has.sum() >= settings.min_churners and none_left(has, presence.newest):
            evidence.append((
                "only_in_the_past",
                f"of {has.sum():,} customers with '{level}', {(has & presence.newest).sum():,} are active at "
                f"the newest date (of all, {presence.newest.mean():.0%}): it may be set when they leave",
            ))  # fmt: skip
        now = has & presence.newest
        if now.sum() >= settings.min_churners and none_left(presence.oldest, has, among=presence.newest):
            evidence.append((
                "only_in_the_newest",
                f"{now.sum():,} customers with '{level}' are active at the newest date, "
                f"{(has & presence.oldest).sum():,} were at the oldest: it may be taken away later",
            ))  # fmt: skip
    remedy = attribute_remedy(name)
    return [Finding("suspicious", rule, "customers", (name,), text, remedy) for rule, text in evidence]


def none_left(group: Flags, has: Flags, among: Flags | None = None) -> bool:
    """Whether almost nobody in `group` is in `has`, though many are expected from the share in `among`."""
    expected = group.sum() * (has if among is None else has[among]).mean()
    observed = (group & has).sum()
    return bool(
        min(expected, group.sum() - expected) >= MIN_EXPECTED and observed <= MAX_OBSERVED_SHARE * expected
    )


def as_levels(values: pa.Array) -> pa.Array:
    """Values as categories: texts, flags, frequent numbers, one category for other numbers, one for nulls."""
    if pa.types.is_floating(values.type):
        counts = values.value_counts()
        enough = max(MIN_LEVEL_ROWS, FREQUENT_SHARE * len(values))
        special = counts.field("values").filter(pc.greater_equal(counts.field("counts"), enough)).drop_null()
        other = pc.and_(values.is_valid(), pc.invert(pc.is_in(values, value_set=special)))
        texts = pc.if_else(other, "any other number", pc.cast(values, pa.string()))
    else:
        texts = pc.cast(values, pa.string())
    return pc.fill_null(texts, MISSING).dictionary_encode()


def levels_of(values: pa.Array) -> Iterator[tuple[str, Flags]]:
    """Each category that is not too rare, and which customers have it."""
    levels = as_levels(values)
    codes = levels.indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(codes, minlength=len(levels.dictionary))
    for code in np.flatnonzero(counts >= MIN_LEVEL_ROWS):
        yield str(levels.dictionary[int(code)].as_py())[:40], codes == code


def undated(names: tuple[str, ...], *, mapped: bool, rows: int, customers: int) -> list[Finding]:
    """A note on attributes without history: a single export does not show which values it overwrote.

    Args:
        mapped: whether `valid_from` is mapped.
    """
    if not names or (mapped and rows > customers):
        return []
    evidence = (
        f"valid_from is mapped, but each of {customers:,} customers has one row: no earlier value is left"
        if mapped
        else "valid_from is not mapped: what an export overwrites looks as if it had always been so"
    )
    remedy = "compare them in two exports of different days: what changed needs valid_from, or must go"
    return [Finding("note", "undated_attributes", "customers", names, evidence, remedy)]
