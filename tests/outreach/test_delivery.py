"""The published list in a real PostgreSQL: idempotent, whole or not at all, no secret in an error."""

import datetime as dt
from typing import Any

import psycopg
import pytest
from tests.sources.test_postgres import SECRET, postgres, url_of

from holdfast.errors import NotDelivered, SettingError
from holdfast.outreach.columns import COLUMNS
from holdfast.outreach.database import deliver
from holdfast.outreach.settings import OutreachSettings

__all__ = ["postgres"]  # a fixture: a server of our own


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"customer_id": f"00{number}"} for number in range(count)]


@pytest.fixture
def send(logged):
    """send(list, url, table=…) delivers a list as if it had just been published; whether it went anywhere."""

    def sent(at_risk: Any, url: str | None, **where: str) -> bool:
        outreach = OutreachSettings.model_validate({"database": {"url": url, **where}})
        delivered = deliver(at_risk.listed.assign(run_id="run"), at_risk.as_of, outreach.database)
        assert "hunter" not in "".join(logged)
        return delivered

    return sent


def rows_in(port: int, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(host="127.0.0.1", port=port, user="ann", password=SECRET, dbname="postgres") as con:
        cursor = con.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_a_list_is_upserted_and_who_left_it_is_removed(build, send, postgres: int):
    url, rows = url_of(postgres), numbered(3)
    rows[0] |= {"name": "Ačiū\0", "open_tickets": 2, "renewal_date": dt.date(2026, 9, 1)}
    last_week = build(rows, as_of=dt.date(2026, 7, 25))
    for at_risk in (last_week, build(rows), build(rows)):
        assert send(at_risk, url)
    query = "SELECT as_of, customer_id, rank FROM at_risk ORDER BY as_of, rank"
    days = dt.date(2026, 7, 25), dt.date(2026, 8, 1)
    assert rows_in(postgres, query) == [(day, f"00{n}", n + 1) for day in days for n in range(3)]
    first = rows_in(
        postgres, "SELECT name, open_tickets, renewal_date, churn_probability FROM at_risk LIMIT 1"
    )
    assert first == [("Ačiū\ufffd", 2, dt.date(2026, 9, 1), 0.5)]
    send(build([rows[1] | {"churn_probability": 0.75}, rows[2]]), url)
    now = "SELECT customer_id, churn_probability, rank FROM at_risk WHERE as_of = '2026-08-01' ORDER BY rank"
    assert rows_in(postgres, now) == [("001", 0.75, 1), ("002", 0.5, 2)]
    send(build([]), url)
    assert rows_in(postgres, query) == [(days[0], f"00{n}", n + 1) for n in range(3)]


def test_schema_and_table_are_made_with_their_types(build, send, postgres: int):
    send(build([{"customer_id": "1"}]), url_of(postgres), schema="care", table="calls")
    found = dict(
        rows_in(
            postgres,
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'care' AND table_name = 'calls'",
        )
    )
    assert list(found) == list(COLUMNS)
    kinds = {"customer_id": "text", "rank": "bigint", "value_at_risk": "double precision", "as_of": "date"}
    assert {name: found[name] for name in kinds} == kinds


def test_passthrough_columns_are_delivered_too_also_into_a_table_of_an_earlier_list(build, postgres: int):
    outreach = OutreachSettings.model_validate({"database": {"url": url_of(postgres), "table": "passed"}})
    at_risk = build(numbered(2))
    listed = at_risk.listed.assign(run_id="run")
    deliver(listed, at_risk.as_of, outreach.database)
    passed = listed.assign(**{"E-mail %": ["ann@shop.example", None]})
    for _ in range(2):
        deliver(passed, at_risk.as_of, outreach.database)
    rows = rows_in(postgres, 'SELECT customer_id, "E-mail %" FROM passed ORDER BY rank')
    assert rows == [("000", "ann@shop.example"), ("001", None)]


def test_what_the_table_does_not_take_leaves_it_as_it_was(build, send, postgres: int):
    url = url_of(postgres)
    send(build([{"customer_id": "1"}]), url, table="strict")
    rows_in(postgres, "ALTER TABLE strict ADD CONSTRAINT few CHECK (rank < 3)")
    with pytest.raises(NotDelivered, match="few") as refused:
        send(build([{"customer_id": f"secret-{n}"} for n in range(5)]), url, table="strict")
    assert rows_in(postgres, "SELECT customer_id FROM strict") == [("1",)]
    assert "secret-" not in str(refused.value)


def test_a_database_that_is_down_is_one_clear_error(build, send, postgres: int):
    at_risk = build([{"customer_id": "007-secret"}])
    for url in (url_of(1), url_of(postgres, "wrong-hunter3"), url_of(postgres).replace("/postgres", "/none")):
        with pytest.raises(NotDelivered) as refused:
            send(at_risk, url)
        told = str(refused.value)
        assert refused.value.exit_code == 7
        assert "run the same command again" in told
        assert "127.0.0.1" in told
        assert not [word for word in ("hunter", "ann", "007-secret") if word in told]


def test_no_database_and_none_of_postgresql(build, send):
    assert not send(build([]), None)
    for url in ("mysql://u:hunter2@h/d", "hunter2"):
        with pytest.raises(SettingError, match="PostgreSQL only") as refused:
            send(build([]), url)
        assert "hunter2" not in str(refused.value)
