"""Writes docs/sources.md from the schemas of source files and contracts: `python docs/sources.py`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from holdfast.contracts.rules import DUPLICATE, MALFORMED, raw_name, violations
from holdfast.contracts.settings import ContractSettings
from holdfast.contracts.tables import CONTRACTS, Contract
from holdfast.sources.csv_settings import CsvSettings
from holdfast.sources.files import READABLE
from holdfast.sources.row_rules import REPEATED_HEADER, rule_names
from holdfast.sources.settings import SourceSettings
from holdfast.sources.table_settings import JoinSettings, TableSettings

PAGE = Path(__file__).with_name("sources.md")
TYPES = {"text": "string", "time": "timestamp(6)", "number": "float64", "flag": "boolean"}

HEAD = f"""# Source files

Made from the schemas in `src/holdfast/sources/` and `src/holdfast/contracts/` by `docs/sources.py`; do
not edit.

A source file, `conf/source/<name>.yaml`, says where raw tables are and what their columns mean. It may
lie in a folder of yours (`--config-dir`). `holdfast validate source=<name>` reads it, checks every row
and says what does not fit. Only `transactions` (or `subscriptions`) is needed; every other table adds
what it knows.

## Examples

Your own CSV files:

```yaml
time_zone: Europe/Berlin        # of times that name no zone
currency: EUR
tables:
  transactions:
    read: ${{paths.root}}/data/raw/orders*.csv
    csv: {{delimiter: ";", encoding: cp1252, decimal: ","}}
    columns: {{customer_id: Kunde, transaction_id: Beleg, occurred_at: Datum, amount: Menge * Preis}}
    formats: {{occurred_at: "%d.%m.%Y %H:%M"}}
```

A help desk's JSON lines, with fields within fields:

```yaml
  tickets:
    read: ${{paths.root}}/data/raw/tickets.jsonl
    columns:
      customer_id: requester.external_id
      ticket_id: id
      opened_at: created_at
      resolved_at: metric_set.solved_at
```

Invoices and their lines in two files; the columns of the joined one are `heads.…`. Read the finer rows and
join the others: the joined table has at most one row for each row, and several are refused. Rows without a
partner are counted on both sides, and missing columns reject them where they are required:

```yaml
  transactions:
    read: ${{paths.root}}/data/raw/lines*.csv
    join:
      heads: {{read: "${{paths.root}}/data/raw/invoices*.csv", key: {{order_no: id}}}}
    columns:
      customer_id: heads.client
      transaction_id: order_no
      occurred_at: heads.issued
      amount: pieces * price
```

A database, and a query over files:

```yaml
  customers:
    database: ${{oc.env:SHOP_DATABASE_URL}}
    query: SELECT id, lower(email) AS email, may_contact FROM customers
    columns: {{customer_id: email, consent: may_contact}}
  transactions:
    database: duckdb://
    query: >-
      SELECT *
      FROM read_csv('${{paths.root}}/data/raw/orders/*.csv', all_varchar = true, union_by_name = true)
    columns: {{customer_id: client, transaction_id: "no", occurred_at: placed, amount: total}}
```

## How values are read

- **Files**: {READABLE}. Files and sheets of a table are united by the names of their columns. Folders
  such as `day=2026-08-01` are columns of text. Files of an object store are copied and read like local ones;
  credentials come from the environment. A list within JSON is text: `items.data ->> '$[0].price.id'` is a
  field of its first element.
- **Ids** stay text; blanks of every kind around them are stripped. `1001.0` is `1001`, unless the column
  has fractions. Ids are compared letter by letter: tables that differ by case, blanks or zeros are
  refused, and `customer_id: lower(email)` in each makes them alike.
- **Times** are ISO 8601, or in one of `formats`. Offsets (`Z`, `+0200`, `UTC+2`), IANA names
  (`Europe/Berlin`) and abbreviations that nearly always mean one offset (`CEST`, `EDT`) count; others,
  such as `BST`, count where `time_zone` uses them, and are refused elsewhere. A time without a zone is in
  `time_zone`. Days of
  a spreadsheet and seconds since 1970 need an expression, which the error gives. Validated times are the
  wall clock of `time_zone`.
- **Numbers** may have grouped digits, and the sign or the code of `currency`. Negative ones have brackets, or
  a minus sign before or behind; `12.-` is 12. Payment services count in cents, but not in yen:
  `CASE currency WHEN 'jpy' THEN amount ELSE amount / 100 END`. Where `1,234` or `1.234` could be read in two
  ways, the table is refused until `csv.decimal` says which.
- **Expressions** are DuckDB's SQL over the raw columns of a row. A text column of numbers, times or true
  and false is one within them, but ids and other texts keep their digits (`'web-' || order_no`).

Accepted + rejected + out of scope = read, over all files and sheets. Rejected rows lie in
`data/rejected/<source>/` with file, row and rule.
"""

# Key → what it says, and an example of its value.
SOURCE = {
    "name": ("the name of the file, set by Holdfast: leave it out", "wholesaler"),
    "time_zone": ("of times that name no zone, and of what people read", "Europe/London"),
    "currency": ("of all money (ISO 4217)", "GBP"),
    "rates": ("another currency → what one of it is worth in the source's", {"EUR": 0.86}),
    "historical": ("whether the data ended long ago on purpose: its age is not held against today", False),
    "tables": ("contract table → where its rows are and what their columns mean", {}),
}
TABLE = {
    "read": (
        "a file, a glob, a folder, an object store's address (`s3://`, `gs://`, `az://`), or a list",
        "data/raw/orders*.csv",
    ),
    "database": ("a URL that Ibis can connect to; `duckdb://` runs a query over files", "sqlite:///shop.db"),
    "table": ("a table of the database, or `schema.table`", "sales.orders"),
    "query": ("SQL, in the database's own dialect, in place of `table`", "SELECT * FROM orders"),
    "csv": ("how text is written: only what cannot be guessed (below)", {"decimal": ","}),
    "sheet": ("the sheets of a workbook to read; none: all that are not blank", ["January", "February"]),
    "header_row": ("the row of a sheet's header; none: that with most of the mapped columns", 3),
    "records": ("JSON: the field that holds the list of records", "tickets"),
    "fill_down": (
        "raw columns whose blank cells take the value of the row above; or column → what both rows share",
        {"Email": "Name"},
    ),
    "join": (
        "name → a further raw table with at most one row for each row (below)",
        {"heads": {"read": "data/raw/invoices.csv", "key": "invoice_no"}},
    ),
    "where": ("SQL; rows for which it is not true are out of scope: counted only", "status <> 'test'"),
    "columns": ("contract column → raw column or SQL", {"amount": "Quantity * UnitPrice"}),
    "formats": ("contract column → strptime formats, tried in order", {"occurred_at": ["%d/%m/%Y %H:%M"]}),
    "attributes": ("customers: columns that never change, or are dated by `valid_from`", ["country"]),
    "passthrough": ("customers: columns that go to the list and CRM files, never to features", ["email"]),
}
JOIN = {
    "key": ("a column or SQL of both tables; or the table's own → the joined one's", {"order_no": "id"}),
}
CSV = {
    "delimiter": ("none: the one of `, ; tab \\|` that splits the header most often", ";"),
    "encoding": ("none: UTF-8, or UTF-16 with its mark", "cp1252"),
    "decimal": ("the decimal mark; none: a point, unless that can be read in two ways", ","),
    "thousands": ("the mark between groups of digits; none: the other mark, a blank or an apostrophe", "."),
    "quote": ("around values that hold a delimiter; blank: none", '"'),
    "escape": ("before a quote within a value", "\\"),
    "header": ("whether the first line has the names", False),
    "names": ("of the columns, where there is no header", ["client", "total"]),
    "skip": ("lines above the header", 2),
    "nulls": ("texts that stand for a missing value; of ids, in all kinds of files", ["", "n/a"]),
}
# End of a rule's name → what is wrong with the row. The longest end that fits is taken.
RULES = {
    "_missing": "a required column is empty",
    "_unreadable": "there is a value, but not of the column's type",
    "_not_finite": "not a number, or infinite",
    "_too_large": "beyond 10^15",
    "_lost_digits": "a spreadsheet rounded the id, such as 1.2E+11",
    "_with_control_character": "the id has a character that cannot be printed",
    "_before_1971": "a zero of the exporting program, or a year of two digits",
    "_after_9999": "a year beyond 9999",
    "_after_reading": "later than the moment of reading; a wrong time zone, or day and month exchanged",
    "_ambiguous": "it fits several of the table's `formats`, with different results",
    REPEATED_HEADER: "the header once more",
    "other_currency": "neither the source's currency nor one with a rate",
    "kind_unknown": "not nps, csat or ces",
    "arm_unknown": "neither contacted nor control; map a company's own words with CASE",
    "status_unknown": "not succeeded, failed, refunded or disputed",
    "score_out_of_range": "an NPS answer that is not 0 to 10",
    DUPLICATE: "a row of the same key was known earlier",
    MALFORMED: "the line cannot be split into as many values as there are columns",
}
BETWEEN = {"_before_": "earlier than the event that it follows", "known_before_": "known before it happened",
           "_without_": "given without the column that it needs"}  # fmt: skip


def page() -> str:
    """The whole page."""
    keys = (
        ("Keys of a source file", SourceSettings, SOURCE),
        ("Keys of a table", TableSettings, TABLE),
        ("Keys of a joined table, beside `read` to `fill_down`", JoinSettings, JOIN),
        ("Keys of `csv`", CsvSettings, CSV),
    )
    tables = "".join(keys_table(title, schema, texts) for title, schema, texts in keys)
    contracts = "".join(contract_section(contract) for contract in CONTRACTS.values())
    rules = "".join(f"| `{rule}` | {rule_text(rule)} |\n" for rule in sorted(all_rules()))
    return (
        f"{HEAD}\n{tables}## Limits\n\n`conf/contracts/`, beyond which a source is refused:\n\n"
        f"| setting | default |\n|---|---|\n{limits()}\n## Tables\n\nBold columns are required.\n{contracts}"
        f"\n## Rules that reject a row\n\n| rule | the row |\n|---|---|\n{rules}"
    )


def keys_table(title: str, schema: type[BaseModel], texts: dict[str, tuple[str, Any]]) -> str:
    """Every key of a schema, with its default and an example."""
    rows = ""
    for name, field in schema.model_fields.items():
        if name not in texts:  # of a joined table, that are keys of every table
            continue
        text, example = texts[name]
        none = field.default in (None, (), {}, PydanticUndefined) or isinstance(field.default, BaseModel)
        default = "" if none else f"`{shown(field.default)}`"
        rows += f"| `{name}` | {text} | {default} | `{shown(example)}` |\n"
    return f"## {title}\n\n| key | says | default | example |\n|---|---|---|---|\n{rows}\n"


def shown(value: Any) -> str:
    """A value as YAML writes it in one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, str) and (not value or not value[0].isalnum() or value.startswith("%")):
        return f"'{value}'"
    return str(value)


def limits() -> str:
    """The settings of `conf/contracts/`."""
    fields = ContractSettings.model_fields.items()
    return "".join(f"| `contracts.{name}` | {field.default} |\n" for name, field in fields)


def contract_section(contract: Contract) -> str:
    """One table: its grain, key and columns."""
    key = f" Key, where mapped: {', '.join(f'`{name}`' for name in contract.key)}." if contract.key else ""
    rows = "".join(
        f"| {'**' * column.required}`{column.name}`{'**' * column.required} | {column.type} "
        f"| {column.doc} |\n"
        for column in contract.columns
    )
    head = "| column | type | is |\n|---|---|---|\n"
    return f"\n### {contract.name}\n\nOne row: {contract.grain}.{key}\n\n{head}{rows}"


def all_rules() -> set[str]:
    """Every rule of every table."""
    return {DUPLICATE, MALFORMED}.union(
        *(rules_of(contract) | rule_names(contract) for contract in CONTRACTS.values())
    )


def rules_of(contract: Contract) -> set[str]:
    """The rules of a table of which all columns are mapped."""
    columns = {column.name: TYPES[column.type] for column in contract.columns}
    raw = {raw_name(name): "string" for name in columns}
    table = ibis.table({"known_at": "timestamp(6)", **columns, **raw}, name=contract.name)
    read_at = datetime(2026, 8, 1)  # noqa: DTZ001 — wall-clock; any will do
    return set(violations(table, contract, read_at=read_at, currencies={"EUR": 1.0}))


def rule_text(rule: str) -> str:
    """What is wrong with a row that breaks a rule."""
    ends = [end for end in RULES if rule.endswith(end)]
    if ends:
        return RULES[max(ends, key=len)]
    return BETWEEN[next(part for part in ("known_before_", "_before_", "_without_") if part in rule)]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
