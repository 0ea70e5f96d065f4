"""Customer ids, and their changes by other programs: case, blanks, leading zeros, `7.0` for `007`."""

import re
import unicodedata
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
# Full-width letters and digits, and the digits of five scripts, beside their ASCII ones.
ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)  # Arabic, Persian, Hindi, Bengali, Thai
DIGITS = "".join(chr(zero + digit) for zero in ZEROS for digit in range(10))
OTHER_SCRIPTS = DIGITS + "".join(map(chr, range(0xFF01, 0xFF5F)))
ASCII = "0123456789" * len(ZEROS) + "".join(map(chr, range(0x21, 0x7F)))
TO_ASCII = str.maketrans(OTHER_SCRIPTS, ASCII)
ENOUGH = 20  # with fewer customers, the known share is not checked
FEW = 5  # with fewer customers, a file without known ones is accepted
GROUPED = r"[0-9]{1,3}([,'’][0-9]{3})+"  # 1,001 for 1001
# Texts of exports for a missing id, in lower case; beside the `nulls` of a table's csv.
NO_ID = (
    "n/a", "na", "#n/a", "-", "--", "---", "?", "none", "(none)", "null", "(null)", "<null>", "nan", "nil",
    "(blank)", "undefined",
)  # fmt: skip


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
    if not given:  # as in most runs: no need to read a million known ids
        return
    known = frozenset(known)
    unknown = given - known
    bare_known = {bare(identifier) for identifier in known} if unknown else frozenset()
    if lost := sum(not bare_known.isdisjoint(spellings(identifier)) for identifier in unknown):
        raise DataRefused(
            f"{lost:,} of {len(given):,} customer ids are known only in another spelling",
            where=where,
            found="other capitals, blanks, zeros or digits, such as Ann@ for ann@, or 7 and 7.0 for 007; "
            "or more than the id in a line",
            expected="customer_id alone, letter by letter as in the data",
            next_step="write the file again with the ids as in the data, as text",
        )


def spellings(text: str) -> set[str]:
    """The normalised id, and that of each part of a line with more than an id, such as `7,"Ann"`."""
    return {bare(part) for part in (text, *re.split(r"[\s,;|<>\"']+", text))} - {""}


def refuse_strangers(given: Iterable[str], known: Iterable[str], least: float, where: str) -> None:
    """Refuse a user's file if the data knows almost none of its customers: it has other ids.

    Args:
        given: ids of the user's file. From FEW on, a file without any known id is refused; from ENOUGH on, a
            file with too few known ids.
        known: ids of all customers.
        least: the smallest share (0 to 1) of the file's ids that must be known.
        where: the setting that named the file.

    Raises:
        DataRefused: too few are known.
    """
    given, known = frozenset(given), frozenset(known)
    matching = len(given & known)
    too_few = matching < least * len(given)
    if too_few and (len(given) >= ENOUGH or (len(given) >= FEW and not matching)):
        raise DataRefused(
            "the data knows next to none of the customers that the file names",
            where=where,
            found=f"{matching:,} of {len(given):,} ids are known to a table of the source",
            expected=f"at least {least:.0%} (contracts.min_known_customers)",
            next_step="write the file with customer_id as the source maps it, not e-mail or another number",
        )


def bare(identifier: str) -> str:
    """Normalise an id: lower case, ASCII digits, no blanks, leading zeros, groups, signs, nor `.0`."""
    text = (
        unicodedata.normalize("NFC", identifier.replace("\0", ""))
        .translate(DROP_BLANKS)
        .translate(TO_ASCII)
        .lower()
    )
    text = re.sub(r'^="(.*)"$', r"\1", text.replace("\u0307", "")).lstrip("'")
    if re.fullmatch(GROUPED, text):
        text = re.sub("[,'’]", "", text)
    return re.sub(r"^([+]?[0-9]+)[.]0+$", r"\1", text).lstrip("+0")
