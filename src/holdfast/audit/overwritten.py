"""Attributes that look like what an export overwrote: values that know who is still there today.

An attribute without `valid_from` stands in every snapshot as it stands in the newest export. Where it is
an account state, a last login or a re-assigned segment, old snapshots are told what came later. No
experiment can see that in a single export; these signs can.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.audit.findings import Finding, attribute_remedy
from holdfast.audit.settings import AuditSettings
from holdfast.audit.signals import FEWEST_OF_LEVEL, FOLDS, as_ranks, ranking

FEWEST_EXPECTED = 10  # customers; of fewer, none at all may be chance
NONE_TO_SPEAK_OF = 0.01  # of those expected
SPECIAL_SHARE = 0.01  # of all customers: a number that so many share is looked at as a level
MISSING = "nothing"

Flags = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Presence:
    """Customers that were eligible at any date of the audit.

    Attributes:
        customers: their ids.
        oldest, newest: (customers,) whether each was eligible at the oldest, at the newest date.
    """

    customers: pa.Array
    oldest: Flags
    newest: Flags


def presence_of(dates: list[pa.Array]) -> Presence:
    """Who was eligible at some date, from the eligible customers of each (oldest date first)."""
    customers = pc.unique(pa.concat_arrays(dates)).sort()

    def at(date: pa.Array) -> Flags:
        return np.asarray(pc.is_in(customers, value_set=date).to_numpy(zero_copy_only=False), dtype=bool)

    return Presence(customers, at(dates[0]), at(dates[-1]))


def judge_attributes(table: pa.Table, presence: Presence, settings: AuditSettings) -> list[Finding]:
    """What looks overwritten among attributes that nothing dates.

    Args:
        table: customer_id and the attributes, one row a customer.
        presence: the customers to judge by.
    """
    at = pc.index_in(presence.customers, value_set=table["customer_id"].combine_chunks())
    found: list[Finding] = []
    for name in table.column_names:
        if name != "customer_id":
            values = table[name].combine_chunks().take(at)
            found += judge_separation(name, values, presence, settings)
            found += judge_levels(name, values, presence, settings)
    return found


def judge_separation(
    name: str, values: pa.Array, presence: Presence, settings: AuditSettings
) -> list[Finding]:
    """An attribute that tells who is still there at the newest date."""
    gone = ~presence.newest
    ranks = as_ranks(as_levels(values), gone, np.arange(len(gone)) % FOLDS)  # a row a customer
    best = ranking(ranks, gone, settings.min_churners, either_way=False)
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False)
        there = ~np.isnan(numbers)
        best = max(best or 0.0, ranking(numbers[there], gone[there], settings.min_churners) or 0.0)
    if best is None or best < settings.suspicious_auc:
        return []
    return [
        Finding(
            "leak" if best >= settings.leak_auc else "suspicious",
            "knows_who_is_gone",
            "customers",
            (name,),
            f"its present value tells who of {len(gone):,} customers is no longer active, with an AUC of "
            f"{best:.3f}: old snapshots are given it too",
            attribute_remedy(name),
        )
    ]


def judge_levels(name: str, values: pa.Array, presence: Presence, settings: AuditSettings) -> list[Finding]:
    """Levels that only customers of the past have, or only those of the newest date."""
    told = []
    for level, has in levels_of(values):
        if has.sum() >= settings.min_churners and none_left(has, presence.newest):
            told.append((
                "only_in_the_past",
                f"of {has.sum():,} customers with '{level}', {(has & presence.newest).sum():,} are active at "
                f"the newest date (of all, {presence.newest.mean():.0%}): it may be set when they leave",
            ))  # fmt: skip
        now = has & presence.newest
        if now.sum() >= settings.min_churners and none_left(presence.oldest, has, among=presence.newest):
            told.append((
                "only_in_the_newest",
                f"{now.sum():,} customers with '{level}' are active at the newest date, "
                f"{(has & presence.oldest).sum():,} were at the oldest: it may be taken away later",
            ))  # fmt: skip
    remedy = attribute_remedy(name)
    return [Finding("suspicious", rule, "customers", (name,), text, remedy) for rule, text in told]


def none_left(some: Flags, having: Flags, among: Flags | None = None) -> bool:
    """Whether (nearly) none of `some` is `having`, though as many should be as `among` all, beyond chance."""
    usual = having.mean() if among is None else having[among].mean()
    expected = some.sum() * usual
    found = (some & having).sum()
    return bool(
        min(expected, some.sum() - expected) >= FEWEST_EXPECTED and found <= NONE_TO_SPEAK_OF * expected
    )


def as_levels(values: pa.Array) -> pa.Array:
    """Every value as a level: texts, flags, numbers that many share (others are one level), and nothing."""
    if pa.types.is_floating(values.type):
        counts = values.value_counts()
        enough = max(FEWEST_OF_LEVEL, SPECIAL_SHARE * len(values))
        special = counts.field("values").filter(pc.greater_equal(counts.field("counts"), enough)).drop_null()
        other = pc.and_(values.is_valid(), pc.invert(pc.is_in(values, value_set=special)))
        texts = pc.if_else(other, "any other number", pc.cast(values, pa.string()))
    else:
        texts = pc.cast(values, pa.string())
    return pc.fill_null(texts, MISSING).dictionary_encode()


def levels_of(values: pa.Array) -> Iterator[tuple[str, Flags]]:
    """Each level that is not too rare, and who has it."""
    levels = as_levels(values)
    codes = levels.indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(codes, minlength=len(levels.dictionary))
    for code in np.flatnonzero(counts >= FEWEST_OF_LEVEL):
        yield str(levels.dictionary[int(code)].as_py())[:40], codes == code


def undated(names: tuple[str, ...], *, mapped: bool, rows: int, customers: int) -> list[Finding]:
    """Says of attributes without a history that one export cannot show what was overwritten.

    Args:
        mapped: whether `valid_from` is mapped.
        rows, customers: of the validated table.
    """
    if not names or (mapped and rows > customers):
        return []
    found = (
        f"valid_from is mapped, but each of {customers:,} customers has one row: no earlier value is left"
        if mapped
        else "valid_from is not mapped: what an export overwrites looks as if it had always been so"
    )
    return [
        Finding(
            "note", "undated_attributes", "customers", names, found,
            "compare them in two exports of different days: what changed needs valid_from, or must go",
        )
    ]  # fmt: skip
