"""Warehouses, none of which can run here: the SQL that each is sent, and addresses without a driver."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import ibis
import pytest

from holdfast.errors import SettingError
from holdfast.sources.databases import WAKE_SECONDS, connected, options_for, portable_types

SCHEMA = {
    "client": "int64", "total": "decimal(12, 2)", "placed": "timestamp", "known": "timestamp('UTC')",
    "day": "date", "paid": "boolean", "name": "string", "tags": "array<string>", "more": "json",
    "unused": "string",
}  # fmt: skip
IN_USE = tuple(name for name in SCHEMA if name != "unused")
EXPECTED = sorted((Path(__file__).parent / "warehouses").glob("*.sql"))


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda file: file.stem)
def test_only_the_columns_in_use_are_asked_for_in_types_that_the_driver_hands_over(expected: Path) -> None:
    orders = ibis.table(SCHEMA, name="orders", database="sales")
    sql = ibis.to_sql(portable_types(orders.select(*IN_USE), expected.stem), dialect=expected.stem)
    assert f"{sql}\n" == expected.read_text(encoding="utf-8")
    assert "unused" not in sql


def test_the_address_of_databricks() -> None:
    address = "databricks://token:dapi%2F1@adb.example.net/main/sales?http_path=/sql/1.0/warehouses/ab"
    assert options_for(urlsplit(address)) == {
        "server_hostname": "adb.example.net", "access_token": "dapi/1", "catalog": "main", "schema": "sales",
        "http_path": "/sql/1.0/warehouses/ab", "_retry_stop_after_attempts_duration": WAKE_SECONDS,
    }  # fmt: skip
    # Ibis takes the rest from the environment
    assert set(options_for(urlsplit("databricks://"))) == {"_retry_stop_after_attempts_duration"}


def test_nothing_is_created_in_a_warehouse_and_a_login_is_not_waited_for_long() -> None:
    address = "snowflake://ann:secret@account/shop/sales?warehouse=small"
    assert options_for(urlsplit(address)) == {"create_object_udfs": False, "login_timeout": 10}
    assert options_for(urlsplit(f"{address}&login_timeout=60")) == {"create_object_udfs": False}
    assert options_for(urlsplit("duckdb://md:shop?motherduck_token=secret")) == {"read_only": True}


@pytest.mark.parametrize(
    "address",
    [
        "bigquery://project/sales", "snowflake://ann:secret@account/shop/sales",
        "databricks://token:secret@adb.example.net/main/sales?http_path=/sql/1.0/warehouses/ab",
    ],
)  # fmt: skip
def test_a_missing_driver_is_named_with_how_to_install_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = address.partition(":")[0]
    for module in (f"ibis.backends.{kind}", "google.cloud.bigquery", "snowflake.connector", "databricks.sql"):
        monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(SettingError) as refused, connected(address, "orders"):
        pass
    assert f"the driver for {kind} is not installed" in refused.value.block()
    assert f"pip install 'holdfast[{kind}]'" in refused.value.block()
    assert "secret" not in refused.value.block()
