"""Raw files in an object store: what an address names, what is read, and what is said when it cannot be."""

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.errors import DataRefused, SettingError
from holdfast.sources.inputs import table_hashes
from holdfast.sources.settings import SourceSettings

COLUMNS = {"customer_id": "who", "transaction_id": "order", "occurred_at": "placed", "amount": "total"}
CSV = "who,order,placed,total\n{who},{who}1,2025-03-04,5\n"


def orders(address: str | list[str], **more: Any) -> dict[str, Any]:
    return {"transactions": {"read": address, "columns": {**COLUMNS, **more}}}


def filled(folder: Path) -> Path:
    for name in ("2025/a.csv", "2025/b.csv", "2026/c.csv", "2026/.d.csv", "2026/readme.md"):
        path = folder / "orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CSV.format(who=path.stem))
    return folder


@pytest.mark.parametrize(
    ("end", "who"),
    [
        ("2025/a.csv", "a"), ("2025", "ab"), ("2025/", "ab"), ("*/*.csv", "abc"), ("**/*.csv", "abc"),
        ("202?/c.csv", "c"), ("*5/[ab].csv", "ab"),
    ],
)  # fmt: skip
def test_an_address_names_what_the_same_path_does(run, tmp_path: Path, end: str, who: str) -> None:
    folder = filled(tmp_path)
    for start in ("file://", ""):
        result = run(orders(f"{start}{folder}/orders/{end}"))
        assert [row["customer_id"] for row in result.validated()] == list(who)


def test_folders_of_partitions_in_a_store(run, tmp_path: Path) -> None:
    for shop in ("007", "12"):
        (tmp_path / "orders" / f"shop={shop}").mkdir(parents=True)
        table = pa.table({"who": ["K"], "order": [shop], "placed": ["2025-03-04"], "total": [5]})
        pq.write_table(table, tmp_path / "orders" / f"shop={shop}" / "part.parquet")
    result = run(orders(f"file://{tmp_path}/orders", channel="shop"))
    assert [row["channel"] for row in result.validated()] == ["007", "12"]


def test_a_new_version_is_a_new_input(tmp_path: Path) -> None:
    address = f"file://{filled(tmp_path)}/orders/2025/a.csv"
    source = SourceSettings(name="test", tables=orders(address))
    before = table_hashes(source)["transactions"]
    assert before == table_hashes(source)["transactions"]
    os.utime(tmp_path / "orders/2025/a.csv", (0, 1_700_000_000))
    after = table_hashes(source)["transactions"]
    assert before is not None
    assert after is not None
    assert before.keys() == after.keys() == {address}
    assert before != after


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://host/orders.csv", "no object store is addressed by ftp://"),
        ("s3://AKIA:secret@bucket/orders.csv", "holds a password"),
        ("s3://bucket/orders.csv?access_key=AKIA&secret_key=hidden", "holds a password"),
        (["s3://bucket/orders.csv", "orders.csv"], "cannot stand in one list"),
    ],
)
def test_addresses_that_are_refused(run, address: str | list[str], message: str) -> None:
    with pytest.raises(SettingError, match=message) as refusal:
        run(orders(address))
    assert "secret@" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


def test_nothing_at_an_address(run, tmp_path: Path) -> None:
    for end in ("orders/*.parquet", "nothing", "orders/2025/z.csv"):
        with pytest.raises(DataRefused, match="no raw file at file://"):
            run(orders(f"file://{filled(tmp_path)}/{end}"))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, bytes]]]:
    """A server that lists and gives objects as S3 does; its options for an address, and its objects."""
    objects: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

        def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_GET(self) -> None:
            if "key-of-the-team" not in self.headers.get("Authorization", ""):
                self._answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
                return
            parts = urlsplit(self.path)
            _, bucket, key = (unquote(parts.path) + "/").split("/", 2)
            key, query = key.rstrip("/"), parse_qs(parts.query)
            if not key:
                prefix = query.get("prefix", [""])[0]
                entries = "".join(
                    f"<Contents><Key>{name}</Key><Size>{len(body)}</Size>"
                    "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                    for name, body in sorted(objects.items())
                    if name.startswith(prefix)
                )
                head = "<ListBucketResult><IsTruncated>false</IsTruncated>"
                self._answer(200, f"{head}<Name>{bucket}</Name>{entries}</ListBucketResult>".encode())
            elif key in objects:
                first, last = 0, len(objects[key]) - 1
                if span := self.headers.get("Range"):
                    first, last = (int(end) for end in span.removeprefix("bytes=").split("-"))
                body = objects[key][first : last + 1]
                self._answer(206 if span else 200, body, Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT",
                             Content_Range=f"bytes {first}-{last}/{len(objects[key])}")  # fmt: skip
            else:
                self._answer(404)

        def do_HEAD(self) -> None:
            key = unquote(urlsplit(self.path).path).split("/", 2)[-1]
            if "key-of-the-team" not in self.headers.get("Authorization", ""):
                self._answer(403)
            elif key in objects:
                self.send_response(200)
                self.send_header("Content-Length", str(len(objects[key])))
                self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
                self.end_headers()
            else:
                self._answer(404)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-the-team")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield f"?endpoint_override=127.0.0.1:{server.server_port}&scheme=http&region=eu-north-1", objects
    server.shutdown()
    server.server_close()


def test_files_of_a_bucket_are_read(run, store: tuple[str, dict[str, bytes]]) -> None:
    options, objects = store
    objects |= {f"orders/day={n}/k{n}.csv": CSV.format(who=f"k{n}").encode() for n in range(3)}
    result = run(orders(f"s3://bucket/orders/**/*.csv{options}"))
    assert [row["customer_id"] for row in result.validated()] == ["k0", "k1", "k2"]


def test_credentials_that_do_not_fit_are_one_clear_error(
    run, store: tuple[str, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    options, objects = store
    objects["orders/a.csv"] = CSV.format(who="a").encode()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-a-stranger")
    with pytest.raises(DataRefused, match="refused, or does not answer") as refusal:
        run(orders(f"s3://bucket/orders/*.csv{options}"))
    assert "ACCESS_DENIED" in str(refusal.value)
    assert "credentials" in str(refusal.value)
    assert "hidden" not in str(refusal.value)


def test_a_query_over_a_bucket_without_the_extension_says_what_to_do(run) -> None:
    query = "SELECT * FROM read_csv('s3://bucket/orders.csv', all_varchar = true)"
    tables = {"transactions": {"database": "duckdb://", "query": query, "columns": COLUMNS}}
    assert table_hashes(SourceSettings(name="test", tables=tables)) == {"transactions": None}
    with pytest.raises((DataRefused, SettingError)) as refusal:
        run(tables)
    assert "read: s3://" in str(refusal.value)
