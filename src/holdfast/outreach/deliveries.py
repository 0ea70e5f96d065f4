"""The English sentences about unusual deliveries of data; other languages: `conf/outreach/page/`."""

from collections.abc import Mapping
from typing import Literal

DeliveryCode = Literal[
    "silent", "rows_few", "rows_many", "rejected", "repeated", "one_customer", "unknown_customers",
    "amounts_large", "amounts_small", "amounts_negative", "amounts_zero", "nulls", "new_values",
    "table_missing", "rows_lost", "customers_lost", "consent_moved", "refusals_lost", "nulls_moved",
    "values_moved", "guard_lost", "hours_moved",
]  # fmt: skip
ROWS = "{table}: {rows} rows since {since}, usually {usual} ({low} to {high})"
USUAL = "usually at most {usual}, allowed {limit}"
BEFORE = "{before} for earlier lists"
AT_LEAST = f"{BEFORE}, expected at least {{limit}}"
# Every sentence states what is usual or was before, and what is allowed. Figures with decimals are shares.
SENTENCES: Mapping[DeliveryCode, str] = {
    "silent": "{table}: no new row for {days} days; at most {usual} in the year before, allowed {limit}",
    "rows_few": f"{ROWS}, expected at least {{limit}}",
    "rows_many": f"{ROWS}, expected at most {{limit}}: delivered twice?",
    "rejected": "{table}: {share} of the rows of {file} were rejected ({rules}), allowed {limit}",
    "repeated": f"{{table}}: {{share}} of the rows of {{since}} are copies, {USUAL}: delivered twice?",
    "one_customer": f"{{table}}: {{share}} of the rows since {{since}} are of one customer, {USUAL}",
    "unknown_customers": (
        f"{{table}}: {{share}} of the rows since {{since}} are of customers never seen before, {USUAL}: "
        "ids in another form?"
    ),
    "amounts_large": (
        "{table}: amounts since {since} are {times} times the usual, allowed less than {limit}: "
        "another unit or currency?"
    ),
    "amounts_small": (
        "{table}: amounts since {since} are 1/{times} of the usual, allowed more than 1/{limit}: "
        "another unit or currency?"
    ),
    "amounts_negative": f"{{table}}: {{share}} of the amounts since {{since}} are negative, {USUAL}",
    "amounts_zero": f"{{table}}: {{share}} of the amounts since {{since}} are 0, {USUAL}",
    "nulls": f"{{table}}.{{column}}: {{share}} of the rows since {{since}} have no value, {USUAL}",
    "new_values": (
        "{table}.{column}: {share} of the rows since {since} have values that never came before ({values}), "
        "allowed {limit}"
    ),
    "table_missing": "{table}: the whole table is missing",
    "rows_lost": f"{{table}}: {{rows}} rows, {AT_LEAST}",
    "customers_lost": f"{{table}}: {{rows}} customers, {AT_LEAST}",
    "consent_moved": (f"{{table}}.consent: {{share}} may be contacted, {BEFORE}, allowed change {{limit}}"),
    "refusals_lost": f"{{table}}.consent: {{rows}} customers said no, {AT_LEAST}",
    "nulls_moved": f"{{table}}.{{column}}: {{share}} have no value, {BEFORE}, allowed change {{limit}}",
    "values_moved": (
        f"{{table}}.{{column}}: {{rows}} different values, {BEFORE}, expected {{low}} to {{high}}"
    ),
    "hours_moved": (
        "{table}: the times of the rows since {since} lie {hours} hours from the usual time of day, "
        "allowed {limit}: another time zone?"
    ),
    "guard_lost": "{what}: {rows} customers, {before} for the list before, expected at least {limit}",
}


def describe_delivery(code: DeliveryCode, figures: Mapping[str, object]) -> str:
    """The English sentence."""
    return SENTENCES[code].format(**{name: _text(value) for name, value in figures.items()})


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1%}" if 0 < value < 0.01 else f"{value:.0%}"
    return f"{value:,}" if isinstance(value, int) else str(value)
