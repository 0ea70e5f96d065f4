"""Read times in text: ISO 8601 in all scripts, with offsets, names of zones and their abbreviations."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import duckdb

from holdfast.contracts.identifiers import ASCII, OTHER_SCRIPTS
from holdfast.sources.sql import literal, trimmed

TIME_TEXT = (
    "holdfast_time_text"  # macro: a time's text with ASCII digits, and its zone as offset or IANA name
)
ISO_TIME = "holdfast_iso_time"  # macro: the same for an ISO time, in the one form that the engine reads
INSTANT = "holdfast_instant"  # macro: the instant of an ISO time; null: it is none
ISO_DAY = r"\d{4}-\d{2}-\d{2}"
NAMED = "[A-Z][A-Za-z]+/[A-Za-z0-9_/+-]+"  # an IANA name
OFFSET = r"(?::\d{2}|T\d{4,6})[^+-]*[+-]\d{2}:?\d{2}( \d{4})?$"  # behind a clock, or before a year
ZONED = rf"\d:\d{{2}}.*(?:[+-]\d{{2}}(?::?\d{{2}})?|{NAMED})$"  # an ISO time with its zone
# Abbreviations that nearly always mean one offset. CST, IST, BST, PST and others have several meanings.
OFFSETS: Mapping[str, str] = {
    "Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "UT": "+00:00", "WET": "+00:00", "WEST": "+01:00",
    "CET": "+01:00", "CEST": "+02:00", "MEZ": "+01:00", "MESZ": "+02:00", "EET": "+02:00", "EEST": "+03:00",
    "SAST": "+02:00", "JST": "+09:00", "KST": "+09:00", "HKT": "+08:00", "EST": "-05:00",
    "EDT": "-04:00", "MST": "-07:00", "MDT": "-06:00", "PDT": "-07:00", "AKST": "-09:00", "AKDT": "-08:00",
    "HST": "-10:00", "AEST": "+10:00", "AEDT": "+11:00", "ACST": "+09:30", "ACDT": "+10:30", "AWST": "+08:00",
    "NZST": "+12:00", "NZDT": "+13:00",
}  # fmt: skip
AMERICAN = ("EST", "EDT", "MST")  # other offsets in Australia and Asia
AMBIGUOUS = {"BST", "IST", "CST", "CDT", "PST", "AST", "ADT", "MSK", "SST", "GST", *AMERICAN}
CLOCK = r"(?:\d:\d{2}(?:[:.]\d+)*(?:\s*[AaPp][Mm])?|\d{8}T\d{4,6}(?:[.]\d+)?)"
# A clock time, the abbreviation of a zone behind it, and perhaps the year, as the program `date` writes it.
ABBREVIATION = rf"({CLOCK}\s*)\(?([A-Za-z]{{1,5}})\)?(\s+\d{{4}})?$"
REWRITES = (
    (r"(\d:\d{2}:\d{2}),(\d)", r"\1.\2"),  # a decimal comma
    (r"([+-]\d{2}:?\d{2}|[Zz])\s*[\[(][^\])]*[\])]$", r"\1"),  # +0200 (CEST), +02:00[Europe/Paris]
    (rf"(\d)\s*\[({NAMED})\]$", r"\1 \2"),
    (r"(?i)(^|[^/a-z])(?:UTC|GMT)\s*([+-]\d)", r"\1\2"),  # GMT+02:00
    (rf"({CLOCK}\s*[+-])(\d(?::?\d{{2}})?)$", r"\10\2"),  # GMT+2: RE2's groups have one digit
)
ISO_REWRITES = (
    (r"\s+([+-]\d{2}(:?\d{2})?)$", r"\1"),
    (r"([ T]\d{1,2}:\d{2})([+-])", r"\1:00\2"),
    (rf"([ T]\d{{1,2}}:\d{{2}})\s*({NAMED})$", r"\1:00 \2"),
    (rf"(\d)({NAMED})$", r"\1 \2"),
)
FIRST_YEAR, LAST_YEAR = 2000, 2030  # whose abbreviations of the source's zone count


@lru_cache(maxsize=8)
def zone_offsets(zone: str) -> dict[str, str]:
    """Abbreviation → offset: those of OFFSETS, and those that the source's own zone uses for one offset."""
    found: dict[str, set[str]] = {}
    moment, clock = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    while moment.year <= LAST_YEAR:
        local = moment.astimezone(clock)
        offset = local.strftime("%z")
        found.setdefault((local.tzname() or "").upper(), set()).add(f"{offset[:3]}:{offset[3:5]}")
        moment += timedelta(days=14)
    own = {name: min(offsets) for name, offsets in found.items() if name.isalpha() and len(offsets) == 1}
    other = AMERICAN if zone.startswith(("Australia/", "Asia/")) else ()
    return {name: offset for name, offset in OFFSETS.items() if name not in other} | own


def define_times(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Define the macros TIME_TEXT, ISO_TIME and INSTANT for a source with times of a zone."""
    written, plain = literal(f"{OTHER_SCRIPTS}\u3000−"), literal(f"{ASCII} -")
    offsets = ", ".join(f"{literal(name)}: {literal(offset)}" for name, offset in zone_offsets(zone).items())
    name = f"upper(regexp_extract(t, {literal(ABBREVIATION)}, 2))"
    offset = rf"'\1' || coalesce(MAP {{{offsets}}}[{name}], '\2') || '\3'"
    named, marked = f"regexp_replace(t, {literal(ABBREVIATION)}, {offset})", _rewritten("t", REWRITES)
    macros = {
        "holdfast_named(t)": named,
        "holdfast_marked(t)": f"CASE WHEN regexp_full_match(t, '[0-9 T:./-]*') THEN t "
        f"ELSE holdfast_named({marked}) END",
        f"{TIME_TEXT}(raw)": f"holdfast_marked(translate({trimmed('raw')}, {written}, {plain}))",
        f"{ISO_TIME}(raw)": _rewritten(f"{TIME_TEXT}(raw)", ISO_REWRITES),
        "holdfast_moment(t)": f"CASE WHEN regexp_matches(t, {literal(ZONED)}) THEN "
        f"TRY_CAST(t AS TIMESTAMPTZ) ELSE timezone({literal(zone)}, TRY_CAST(t AS TIMESTAMP)) END",
        f"{INSTANT}(raw)": f"holdfast_moment({ISO_TIME}(raw))",
    }
    for macro, body in macros.items():
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro} AS {body}")


def ascii_form(form: str, zone: str) -> str:
    """The strptime format of what TIME_TEXT makes of a text: `%z` for the name of a zone, a decimal point."""
    form = re.sub(r"(%S|%T),", r"\1.", form)
    form = re.sub(r"\[(%[zZ])\]$", r" \1", re.sub(r"\((%[zZ])\)", r"\1", form))
    form = re.sub(r"(?i)(?:UTC|GMT)(?=%z)", "", form)
    names = "|".join(zone_offsets(zone))
    return re.sub(rf"(?i)((?-i:%-?[MSpfgnT])\s*)\(?(?:{names})\)?(\s+%Y)?$", r"\1%z\2", form)


def _rewritten(text: str, rewrites: tuple[tuple[str, str], ...]) -> str:
    """The SQL of a text after several replacements."""
    for pattern, replacement in rewrites:
        text = f"regexp_replace({text}, {literal(pattern)}, {literal(replacement)})"
    return text
