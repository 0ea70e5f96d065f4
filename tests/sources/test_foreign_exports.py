"""Exports of other programs, mapped as docs/exports.md says: customers recomputed from the raw rows."""

# ruff: noqa: DTZ001, E501 — wall-clock times of the source's zone; rows of exports as they are

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from tests.documents import DOCS
from tests.sources.conftest import Ingested, Run

BLOCKS = (DOCS / "exports.md").read_text(encoding="utf-8").split("```yaml\n")[1:]
SOURCES: dict[str, dict[str, Any]] = {}
for block in BLOCKS:
    SOURCES |= yaml.safe_load(block.split("```")[0])


def mapped(run: Run, folder: Path, name: str, *more: str) -> Ingested:
    """The source of a section, and the tables of further ones, read from files in a folder."""
    source = dict(SOURCES[name])
    tables = dict(source.pop("tables"))
    for other in more:
        tables |= SOURCES[other]["tables"]
    for table in tables.values():
        for raw in (table, *table.get("join", {}).values()):
            raw["read"] = str(folder / Path(raw["read"]).name)
    return run(tables, max_rejected_share=0.2, **source)


def of(result: Ingested, customer: str, *columns: str, table: str = "transactions") -> list[Any]:
    """The values of a customer's rows."""
    rows = [row for row in result.validated(table) if row["customer_id"] == customer]
    return [tuple(row[column] for column in columns) if len(columns) > 1 else row[columns[0]] for row in rows]


SHOPIFY = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,\
Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,\
Lineitem compare at price,Lineitem sku,Lineitem discount,Billing Name,Refunded Amount,Id,Source
#1004,Mia@shop.example,paid,2025-07-04 00:05:00 +0200,fulfilled,,yes,EUR,41.80,4.90,7.46,46.70,,0.00,Standard,\
2025-07-03 18:05:00 -0400,2,"Tea, green",12.90,,TEA-G,0.00,Mia Falk,0.00,5001,web
#1004,Mia@shop.example,,,,,,,,,,,,,,2025-07-03 18:05:00 -0400,1,Pot,16.00,,POT,0.00,,,,
#1003,jon@shop.example,paid,2025-03-30 01:30:00 +0100,fulfilled,,no,EUR,"1,450.00",0.00,231.51,"1,450.00",TEN,10.00,Standard,\
2025-03-30 01:30:00 +0100,10,Samovar,146.00,,SAM,10.00,Jon Berg,0.00,5000,web
#1002,mia@shop.example,voided,,,,yes,EUR,12.90,4.90,2.06,17.80,,0.00,Standard,2025-02-01 10:00:00 +0100,1,"Tea, green",12.90,,\
TEA-G,0.00,Mia Falk,0.00,4999,web
#1002,mia@shop.example,,,,,,,,,,,,,,2025-02-01 10:00:00 +0100,3,Filter,1.50,,FIL,0.00,,,,
#1001,ana@shop.example,partially_refunded,2025-01-31 23:59:59 +0100,fulfilled,,no,EUR,8.50,4.90,1.36,13.40,,0.00,Standard,\
2025-01-31 23:59:59 +0100,1,Cup,8.50,,CUP,0.00,Ana Ruiz,4.00,4998,web
#1000,,paid,2025-01-31 10:00:00 +0100,fulfilled,,no,EUR,8.50,0.00,1.36,8.50,,0.00,,2025-01-31 10:00:00 +0100,1,Cup,8.50,,CUP,0.00,,0.00,4997,pos
"""


def test_shopify(run: Run, tmp_path: Path) -> None:
    (tmp_path / "orders_export_1.csv").write_text(SHOPIFY, encoding="utf-8")
    result = mapped(run, tmp_path, "shopify")
    placed = dt.datetime(2025, 7, 4, 0, 5)
    rows = of(result, "mia@shop.example", "transaction_id", "occurred_at", "product_id", "amount")
    assert rows == [("#1004", placed, "TEA-G", 25.8), ("#1004", placed, "POT", 16.0)]
    assert of(result, "jon@shop.example", "amount", "quantity") == [(1450.0, 10.0)]
    assert of(result, "ana@shop.example", "occurred_at", "amount") == [
        (dt.datetime(2025, 1, 31, 23, 59, 59), 8.5)
    ]
    report = result.reports["transactions"]
    assert (report.read, report.out_of_scope, report.by_rule) == (7, 2, {"customer_id_missing": 1})


def ticket(no: int, requester: int, created: str, status: str = "closed") -> dict[str, Any]:
    return {
        "url": f"https://x.zendesk.example/api/v2/tickets/{no}.json", "id": no, "external_id": None,
        "via": {"channel": "email", "source": {"from": {}, "rel": None}}, "created_at": created,
        "updated_at": "2025-07-30T00:00:00Z", "subject": "Late", "description": "Where is it?", "priority": None,
        "status": status, "requester_id": requester, "tags": ["a", "b"], "custom_fields": [{"id": 1, "value": None}],
        "satisfaction_rating": {"score": "unoffered"},
    }  # fmt: skip


def metric(no: int, minutes: int | None, solved: str | None) -> dict[str, Any]:
    return {
        "id": 9000 + no, "ticket_id": no, "reopens": 0, "solved_at": solved, "created_at": "2025-01-01T00:00:00Z",
        "reply_time_in_minutes": {"calendar": minutes, "business": None},
    }  # fmt: skip


def test_zendesk(run: Run, tmp_path: Path) -> None:
    (tmp_path / "orders_export_1.csv").write_text(SHOPIFY, encoding="utf-8")
    content = {
        "tickets": [
            ticket(35436, 20978392, "2025-07-03T22:30:00Z"), ticket(35437, 20978392, "2025-07-05T08:00:00Z", "open"),
            ticket(35438, 360009, "2025-10-26T00:50:00Z"), ticket(35439, 360010, "2025-07-05T08:00:00Z", "deleted"),
        ],
        "metric_sets": [
            metric(35436, 95, "2025-07-04T10:30:00Z"), metric(35437, None, None),
            metric(35438, 20, "2025-10-26T01:10:00Z"), metric(35439, 1, None),
        ],
        "users": [
            {"id": 20978392, "name": "Mia Falk", "email": "mia@shop.example", "role": "end-user"},
            {"id": 360009, "name": "Ana Ruiz", "email": "Ana@shop.example", "role": "end-user"},
            {"id": 360010, "name": "Jon Berg", "email": "jon@shop.example", "role": "end-user"},
        ],
        "end_of_stream": True, "count": 4,
    }  # fmt: skip
    (tmp_path / "tickets_2025.json").write_text(json.dumps(content))
    result = mapped(run, tmp_path, "shopify", "zendesk")
    columns = ("ticket_id", "opened_at", "first_response_at", "resolved_at", "channel")
    assert of(result, "mia@shop.example", *columns, table="tickets") == [
        ("35436", dt.datetime(2025, 7, 4, 0, 30), dt.datetime(2025, 7, 4, 2, 5), dt.datetime(2025, 7, 4, 12, 30), "email"),
        ("35437", dt.datetime(2025, 7, 5, 10), None, None, "email"),
    ]  # fmt: skip
    hours = of(result, "ana@shop.example", "hours_to_first_response", "hours_to_resolution", table="tickets")
    assert hours == [(pytest.approx(1 / 3), pytest.approx(1 / 3))]
    assert of(result, "jon@shop.example", "ticket_id", table="tickets") == []
    report = result.reports["tickets"]
    assert (report.accepted, report.out_of_scope, report.unmatched) == (3, 1, {"metrics": 0, "users": 0})


STRIPE = """\
id,Customer ID,Customer Description,Customer Email,Plan,Product,Quantity,Currency,Interval,Amount,Status,Created (UTC),\
Start (UTC),Start Date (UTC),Current Period Start (UTC),Current Period End (UTC),Trial Start (UTC),Trial End (UTC),\
Canceled At (UTC),Ended At (UTC)
sub_1Mia,cus_Mia,,mia@x.example,price_month,prod_A,2,eur,month,"1,029.00",active,2025-01-31 23:30,2025-06-30 22:30,2025-01-31 23:30,\
2025-06-30 22:30,2025-07-31 22:30,,,,
sub_1Jon,cus_Jon,,jon@x.example,price_year,prod_A,1,eur,year,348.00,canceled,2024-03-01 10:00,2024-03-01 10:00,2024-03-01 10:00,\
2025-03-01 10:00,2025-03-01 10:00,,,2025-01-15 08:00,2025-03-01 10:00
sub_1Ana,cus_Ana,,ana@x.example,price_month,prod_A,1,eur,month,29.00,past_due,2025-05-01 00:00,2025-05-01 00:00,2025-05-01 00:00,\
2025-06-01 00:00,2025-07-01 00:00,,,,
"""
PAYMENTS = """\
id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Customer ID,Customer Email,Status,Description
ch_1,2025-05-31 22:30:00,"2,058.00",0.00,eur,true,"2,058.00",cus_Mia,mia@x.example,Paid,Subscription update
ch_2,2024-03-01 10:00:00,348.00,48.00,eur,true,348.00,cus_Jon,jon@x.example,Refunded,Subscription creation
ch_3,2025-06-01 00:10:00,29.00,0.00,eur,false,29.00,cus_Ana,ana@x.example,Failed,Subscription update
ch_4,2025-05-01 00:00:10,29.00,0.00,eur,true,29.00,cus_Ana,ana@x.example,Paid,Subscription creation
"""


def test_stripe(run: Run, tmp_path: Path) -> None:
    (tmp_path / "subscriptions.csv").write_text(STRIPE)
    (tmp_path / "unified_payments.csv").write_text(PAYMENTS)
    result = mapped(run, tmp_path, "stripe")
    columns = ("started_at", "cancelled_at", "ended_at", "monthly_value")
    assert of(result, "cus_Mia", *columns, table="subscriptions") == [
        (dt.datetime(2025, 2, 1, 0, 30), None, None, 2058.0)
    ]
    assert of(result, "cus_Jon", *columns, table="subscriptions") == [
        (dt.datetime(2024, 3, 1, 11), dt.datetime(2025, 1, 15, 9), dt.datetime(2025, 3, 1, 11), 29.0)
    ]
    assert of(result, "cus_Mia", "occurred_at", "amount") == [(dt.datetime(2025, 6, 1, 0, 30), 2058.0)]
    assert of(result, "cus_Jon", "amount", "currency") == [(300.0, "EUR")]
    assert of(result, "cus_Ana", "transaction_id") == ["ch_4"]
    assert result.reports["transactions"].out_of_scope == 1


WOO = """\
order_id,order_number,order_date,paid_date,status,shipping_total,discount_total,order_total,order_currency,payment_method,\
customer_user,billing_first_name,billing_email,line_item_1
501,501,2025-03-30 03:15:00,2025-03-30 03:15:09,completed,4.95,0,54.95,EUR,stripe,12,Mía,MIA@x.example,\
"name:Té verde|product_id:12|quantity:2|total:50.00"
502,502,2025-04-01 09:00:00,2025-04-01 09:01:00,processing,0,5,1204.5,EUR,bacs,0,Jon,jon@x.example,"name:Samovar|quantity:1"
503,503,2025-04-02 10:00:00,,cancelled,0,0,20,EUR,paypal,12,Mía,mia@x.example,"name:Taza|quantity:1"
504,504,2025-04-03 23:59:59,2025-04-03 23:59:59,completed,0,0,20,EUR,paypal,14,Ana,ana@x.example,"name:Taza|quantity:1"
"""


def test_woocommerce(run: Run, tmp_path: Path) -> None:
    (tmp_path / "order_export.csv").write_text(WOO, encoding="utf-8-sig")
    result = mapped(run, tmp_path, "woocommerce")
    assert of(result, "mia@x.example", "occurred_at", "amount") == [(dt.datetime(2025, 3, 30, 3, 15), 50.0)]
    assert of(result, "jon@x.example", "amount", "discount") == [(1204.5, 5.0)]
    assert of(result, "ana@x.example", "occurred_at") == [dt.datetime(2025, 4, 3, 23, 59, 59)]
    assert result.reports["transactions"].out_of_scope == 1


SAP = """\
Umsatzliste                                     Seite 1
Buchungskreis 1000;Stand 31.07.2025

Kunde;Name 1;Beleg;Pos.;Buchungsdatum;Warengruppe;Menge;Betrag in HW;Währg
0000104711;Müller & Söhne;90000001;10;03.04.2025;Tee;1.200,000;12.345,50;EUR
0000104711;Müller & Söhne;90000001;20;03.04.2025;Zubehör;2,000;19,90;EUR
0000104711;Müller & Söhne;90000007;10;13.04.2025;Tee;10,000-;102,88-;EUR
0000104712;Café Größe;90000002;10;30.04.2025;Tee;5,000;1.000,00;EUR
0000204713;Groß AG;90000003;10;01.12.2024;Tee;1,000;999,00;EUR
;;;;;;;14.261,52;EUR
"""


def test_an_erp_in_german(run: Run, tmp_path: Path) -> None:
    (tmp_path / "umsatz_2025.txt").write_bytes(SAP.encode("cp1252"))
    result = mapped(run, tmp_path, "sap")
    rows = of(result, "0000104711", "line_id", "occurred_at", "quantity", "amount", "category")
    assert rows == [
        ("90000001-10", dt.datetime(2025, 4, 3), 1200.0, 12345.5, "Tee"),
        ("90000001-20", dt.datetime(2025, 4, 3), 2.0, 19.9, "Zubehör"),
        ("90000007-10", dt.datetime(2025, 4, 13), -10.0, -102.88, "Tee"),
    ]
    assert of(result, "0000104712", "occurred_at", "amount") == [(dt.datetime(2025, 4, 30), 1000.0)]
    assert of(result, "0000204713", "occurred_at", "amount") == [(dt.datetime(2024, 12, 1), 999.0)]
    report = result.reports["transactions"]
    assert (report.read, report.out_of_scope, report.rejected) == (6, 1, 0)
    assert sum(row["amount"] for row in result.validated()) == pytest.approx(14261.52)
