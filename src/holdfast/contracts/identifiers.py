"""Customer ids, and how other programs alter them: case, blanks, leading zeros, `7.0` for `007`."""

from collections.abc import Iterable

from holdfast.errors import DataRefused

# All kinds of blanks, including no-break spaces, zero-width characters and direction marks.
BLANKS = (
    " \t\n\r\x0b\x0c\x85\xa0\xad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
# The blanks around a text. DuckDB replaces them 15 times as fast as its `trim` takes off so many characters.
EDGES = f"^[{BLANKS}]+|[{BLANKS}]+$"
DROP_BLANKS = dict.fromkeys(map(ord, BLANKS))


def refuse_reformatted_ids(given: Iterable[str], known: Iterable[str], *, where: str) -> None:
    """Refuse a user's file whose ids match the data only after normalisation (see `bare`).

    Such ids would silently match no customer. Ids that do not match the data at all are accepted.

    Args:
        given: ids of the user's file.
        known: ids of the data.
        where: the setting that named the file.

    Raises:
        DataRefused: at least one id matches only in another spelling.
    """
    given = frozenset(given)
    if not given:  # most runs name no file: do not read a million known ids then
        return
    known = frozenset(known)
    unknown = given - known
    bare_known = {bare(identifier) for identifier in known} if unknown else frozenset()
    if lost := sum(bare(identifier) in bare_known for identifier in unknown):
        raise DataRefused(
            f"{lost:,} of {len(given):,} customer ids are known only in another spelling",
            where=where,
            found="other capitals, blanks or zeros, such as Ann@ for ann@, or 7 and 7.0 for 007",
            expected="customer_id letter by letter as in the data",
            next_step="write the file anew with its ids as the data has them, as text",
        )


def bare(identifier: str) -> str:
    """Normalise an id: lower case, no blanks, no leading zeros, no `.0` after digits."""
    text = identifier.translate(DROP_BLANKS).lower()
    whole = text.removesuffix(".0")
    return (whole if whole.isdigit() else text).lstrip("0")
