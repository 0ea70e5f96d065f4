"""Tables that mean the same customers by ids with other zeros are refused, others stand."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from holdfast.contracts.identifiers import bare
from holdfast.contracts.settings import ContractSettings
from holdfast.errors import DataRefused
from holdfast.sources.matching import bare as bare_sql
from holdfast.sources.matching import match_customers


def limits(share: float) -> ContractSettings:
    return ContractSettings(max_misspelled_ids=share)


def tables(folder: Path, **ids: list[str]) -> dict[str, Path]:
    """One folder a table, with one part."""
    for name, known in ids.items():
        (folder / f"{name}.parquet").mkdir(exist_ok=True)
        pd.DataFrame({"customer_id": known}).to_parquet(folder / f"{name}.parquet" / "part-00000.parquet")
    return {name: folder / f"{name}.parquet" for name in ids}


@pytest.mark.parametrize("given", [["7", "008"], ["7.0", "8.0"], ["0007", "stranger"]])
def test_ids_with_other_zeros_are_refused(tmp_path: Path, given: list[str]) -> None:
    files = tables(tmp_path, transactions=["007", "008", "008"], customers=given)
    with pytest.raises(DataRefused, match=r"of 2 customers of customers are known to transactions") as no:
        match_customers(duckdb.connect(), files, limits(0.1))
    assert "source.tables.customers.columns.customer_id" in str(no.value)
    assert "stranger" not in str(no.value)


def test_the_limit_is_borne_and_strangers_stand(tmp_path: Path) -> None:
    files = tables(tmp_path, transactions=["007", "008"], customers=["7", "008", "X"], usage=["9", "Y"])
    known = match_customers(duckdb.connect(), files, limits(0.5))
    assert known["customers"] == {"transactions": 1 / 3, "usage": 0}
    with pytest.raises(DataRefused, match="1 of 3 customers of customers"):
        match_customers(duckdb.connect(), files, limits(0.33))


@pytest.mark.parametrize(
    "written",
    [
        "007",
        "7.0",
        "0",
        "000",
        "Ann@X",
        " a\u00a0b\u200b",
        "É",
        "0A0",
        "A.0",
        "0.5",
        "00.0",
        "",
        "１００１",
        "٣",
        "Rene\u0301",
        "İda",
        "i\u0307da",
        "1,001",
        "1'001",
        "1,01",
        "+49",
        "'007",
        '="007"',
        "7.00",
    ],
)
def test_both_ways_of_baring_agree(written: str) -> None:
    found = duckdb.connect().execute(f"SELECT {bare_sql('id')} FROM (SELECT ? AS id)", [written]).fetchone()
    assert found == (bare(written),)
