"""docs/sources.md says all that a source file may hold, and its examples are accepted."""

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from tests.documents import DOCS, docs_script

from holdfast.contracts.tables import CONTRACTS
from holdfast.sources.csv_settings import CsvSettings
from holdfast.sources.settings import SourceSettings
from holdfast.sources.table_settings import JoinSettings, RawSettings, TableSettings

REFERENCE = docs_script("sources")
TEXT = (DOCS / "sources.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert REFERENCE.page() == TEXT, "run: python docs/sources.py"


@pytest.mark.parametrize(
    ("schema", "texts"),
    [(SourceSettings, REFERENCE.SOURCE), (TableSettings, REFERENCE.TABLE), (CsvSettings, REFERENCE.CSV)],
)
def test_every_key_has_its_line(schema: Any, texts: dict[str, Any]) -> None:
    assert set(texts) == set(schema.model_fields)


def test_every_key_of_a_join_has_its_line() -> None:
    assert {*REFERENCE.JOIN, *RawSettings.model_fields} == set(JoinSettings.model_fields)


def test_every_column_and_rule_has_its_line() -> None:
    for contract in CONTRACTS.values():
        section = TEXT.split(f"### {contract.name}\n")[1].split("###")[0]
        for column in contract.columns:
            assert f"`{column.name}`" in section
        for rule in REFERENCE.rules_of(contract):
            assert f"| `{rule}` |" in TEXT


def test_the_whole_examples_are_accepted() -> None:
    first, *others = (block.split("```")[0] for block in TEXT.split("```yaml\n")[1:])
    whole = yaml.safe_load(first)
    for block in others:
        whole["tables"] |= yaml.safe_load(block)
    assert set(SourceSettings(name="example", **whole).tables) == {"transactions", "tickets", "customers"}


@pytest.mark.parametrize("key", [key for key in REFERENCE.CSV if key != "header"])
def test_examples_of_csv_are_accepted(key: str) -> None:
    value = REFERENCE.CSV[key][1]
    written = yaml.safe_load(f"{key}: {REFERENCE.shown(value)}")
    assert written == {key: value}
    CsvSettings(**written)
