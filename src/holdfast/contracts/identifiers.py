"""Customer ids that a spreadsheet changed: `7` or `7.0` for `007`."""

from collections.abc import Iterable

from holdfast.errors import DataRefused


def refuse_reformatted_ids(given: Iterable[str], known: Iterable[str], *, where: str) -> None:
    """Refuse the ids of a user's file where a spreadsheet wrote `7` or `7.0` for the `007` of the data.

    They would match no customer, and nobody would notice. Ids that the data has in no form are accepted.

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
    bare_known = {without_zeros(one) for one in known} if unknown else frozenset()
    if lost := sum(without_zeros(one) in bare_known for one in unknown):
        raise DataRefused(
            f"{lost:,} customer ids are known only with other zeros",
            where=where,
            found="ids that a spreadsheet took for numbers, such as 7 or 7.0 for 007",
            expected="customer_id letter by letter as in the data",
            next_step="write the file anew with its ids as text",
        )


def without_zeros(identifier: str) -> str:
    """An id without leading zeros, and without a `.0` behind digits."""
    whole = identifier.removesuffix(".0")
    return (whole if whole.isdigit() else identifier).lstrip("0")
