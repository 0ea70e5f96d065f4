"""The settings of a source file, `conf/source/<name>.yaml`: its tables, time zone and currency."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from holdfast.contracts.tables import CONTRACTS, Contract
from holdfast.errors import nearest
from holdfast.settings import Settings
from holdfast.sources.table_settings import TableSettings


class SourceSettings(Settings):
    """A company's raw tables.

    Attributes:
        name: the source's name and its folder below `data/validated/`.
        time_zone: the IANA time zone of naive times and of every time that people read.
        currency: the currency of all money (ISO 4217).
        rates: another currency → the value of one unit in the source's currency.
        historical: the data ended in the past, as in an example; `as_of=latest` need not reach today.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    time_zone: str = "UTC"
    currency: str | None = None
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default={})
    historical: bool = Field(default=False, exclude=True)  # changes no result
    tables: dict[str, TableSettings]

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns of the customers table that never change, or are dated by `valid_from`."""
        customers = self.tables.get("customers")
        return () if customers is None else customers.attributes

    @property
    def passthrough(self) -> tuple[str, ...]:
        """The columns of the customers table that are copied to the list."""
        customers = self.tables.get("customers")
        return () if customers is None else customers.passthrough

    @property
    def undated_attributes(self) -> tuple[str, ...]:
        """The attributes without a date from which they hold (`valid_from`)."""
        customers = self.tables.get("customers")
        return () if customers is None or "valid_from" in customers.columns else customers.attributes

    @property
    def mapping(self) -> dict[str, Any]:
        """Each table's columns, `where`, attributes and joins, without files and passthrough columns."""
        return {
            name: {
                "columns": {to: raw for to, raw in table.columns.items() if to not in table.passthrough},
                "where": table.where,
                "attributes": sorted(table.attributes),
                **({"join": {join: other.keys for join, other in table.join.items()}} if table.join else {}),
            }
            for name, table in self.tables.items()
        }

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{time_zone}' is no time zone; such as Europe/London or UTC") from None
        return time_zone

    @model_validator(mode="after")
    def _tables_keep_their_contracts(self) -> "SourceSettings":
        if not self.tables:
            raise ValueError("tables: is empty; map at least transactions or subscriptions")
        for name, table in self.tables.items():
            if name not in CONTRACTS:
                raise ValueError(f"tables.{name} is no table of Holdfast: {nearest(name, CONTRACTS)}")
            _check_columns(CONTRACTS[name], table)
            if "currency" in table.columns and self.currency is None:
                raise ValueError(f"tables.{name}.columns.currency needs currency: the source's own")
        return self


def _check_columns(contract: Contract, table: TableSettings) -> None:
    """Every required column is mapped, and every mapped column is in the contract or listed."""
    here = f"tables.{contract.name}"
    for required in contract.required:
        if required not in table.columns:
            raise ValueError(f"{here}.columns.{required} is required and not mapped to any raw column")
    for column, other in contract.needs:
        if column in table.columns and other not in table.columns:
            raise ValueError(f"{here}.columns.{column} needs {here}.columns.{other}")
    if table.attributes and contract.name != "customers":
        raise ValueError(f"{here}.attributes: only the table customers has attributes")
    allowed = [column.name for column in contract.columns]
    for name in table.columns:
        if name not in allowed and name not in (*table.attributes, *table.passthrough):
            hint = nearest(name, allowed)
            if contract.name == "customers":
                hint += "; a further column is listed under attributes: if it never changes or has valid_from"
            raise ValueError(f"{here}.columns.{name} is no column of {contract.name}: {hint}")
    _check_attributes(table, here)
    _check_passthrough(contract, table, here)
    for name in table.formats:
        column_of = contract.column(name)
        if name not in table.columns or column_of is None or column_of.type != "time":
            raise ValueError(f"{here}.formats.{name}: formats are only for times mapped under columns:")


def _check_attributes(table: TableSettings, here: str) -> None:
    """Attributes are mapped columns that may become features."""
    for name in table.attributes:
        if name == "value":
            raise ValueError(
                f"{here}.attributes lists 'value': a customer's value may hold what came later, so it ranks "
                "the list and cannot be a feature; take it out"
            )
        if name not in table.columns:
            raise ValueError(f"{here}.attributes lists '{name}', which is not mapped under columns:")


def _check_passthrough(contract: Contract, table: TableSettings, here: str) -> None:
    """Passthrough columns belong to customers, and are neither contract columns nor attributes."""
    if table.passthrough and contract.name != "customers":
        raise ValueError(f"{here}.passthrough: only the table customers passes columns through")
    for name in table.passthrough:
        if contract.column(name) or name in table.attributes:
            raise ValueError(
                f"{here}.passthrough: '{name}' is a column of its own already; give another name"
            )
