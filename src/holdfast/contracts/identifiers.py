"""Ids of a user's own file beside those of the data: what a spreadsheet made of them."""

from collections.abc import Iterable

from holdfast.errors import DataRefused


def check_zeros(given: Iterable[str], known: Iterable[str], *, where: str) -> None:
    """Refuse ids that a spreadsheet took for numbers: `7` or `7.0` where the data knows `007`.

    They would match nobody, and nobody would notice. Ids that the data does not know in any form may stand.

    Args:
        given: ids of the user's file.
        known: ids of the data.
        where: the setting that named the file.

    Raises:
        DataRefused: at least one id is known only with its leading zeros, or without the decimals.
    """
    given = frozenset(given)
    if not given:  # most runs name no file: a million known ids need no look then
        return
    known = frozenset(known)
    unknown = given - known
    bare_known = {bare(one) for one in known} if unknown else frozenset()
    if lost := sum(bare(one) in bare_known for one in unknown):
        raise DataRefused(
            f"{lost:,} customer ids are known only with other zeros",
            where=where,
            found="ids that a spreadsheet took for numbers, such as 7 or 7.0 for 007",
            expected="customer_id letter by letter as in the data",
            next_step="write the file anew with its ids as text",
        )


def bare(identifier: str) -> str:
    """An id without what a spreadsheet adds or takes away: leading zeros, and `.0` behind digits."""
    whole = identifier.removesuffix(".0")
    return (whole if whole.isdigit() else identifier).lstrip("0")
