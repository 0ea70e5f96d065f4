"""Secrets: planted in every setting that can hold one, they are in nothing that is written or said."""

import contextlib
import io
import json
from pathlib import Path

import pytest

from holdfast.cli import main
from holdfast.config import load_config
from holdfast.files import make_private
from holdfast.pipeline import STAGES
from holdfast.runtime.settings import declared_values
from holdfast.secrets import redact, remember

PLANTED = "s3cret-word"


def test_no_address_of_a_store_or_sink_gets_into_a_manifest() -> None:
    address = f"postgresql://user:{PLANTED}@db.example.org/x"
    config = load_config([f"tracking.uri={address}", f"outreach.database.url={address}", "source=demo"], None)
    assert PLANTED in config.outreach.database.url.get_secret_value()  # type: ignore[union-attr]  # it is set
    for stage in STAGES:
        assert PLANTED not in json.dumps(declared_values(config, stage.settings)), stage.name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:pa/ss@w@host/db", "postgresql://host/db"),
        ("https://host/a.csv?token=abcdef&day=1", "https://host/a.csv?token=***&day=1"),
        ("https://host/a?X-Amz-Signature=abc;b=2", "https://host/a?X-Amz-Signature=***;b=2"),
        ("no secret = 3 at me@host", "no secret = 3 at me@host"),
        ("sqlite:////a/b@c.db", "sqlite:////a/b@c.db"),
    ],
)
def test_redacted(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_message_may_quote_parts_of_an_address() -> None:
    remember("postgresql://me:quo%2Fted@host/db?password=opti0n")
    assert redact("bad 'quo/ted', quo%2Fted or opti0n") == "bad '***', *** or ***"


def call(*words: str) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(list(words))
    return code, out.getvalue() + err.getvalue()


def test_planted_secrets_come_out_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, conf = tmp_path / "root", tmp_path / "conf"
    (conf / "source").mkdir(parents=True)
    address = f"http://me:{PLANTED}/1@127.0.0.1:9/x?token={PLANTED}2"
    database = f"postgresql://me:{PLANTED}%2F3@127.0.0.1:9/x?password={PLANTED}4"
    (tmp_path / "orders.csv").write_text("c,t,o,a\n" + "1,1,2024-01-01,5\n" * 30, encoding="utf-8")
    columns = "{customer_id: c, transaction_id: t, occurred_at: o, amount: a}"
    tables = {
        "file": f"{{read: '{tmp_path}/orders.csv', columns: {columns}}}",
        "read": f"{{read: '{address}/orders.csv', columns: {columns}}}",
        "database": f"{{database: '{database}', table: orders, columns: {columns}}}",
        "query": f"{{database: 'duckdb://', query: \"FROM '{address}.csv'\", columns: {columns}}}",
    }
    refused = {"file": 0, "read": 2, "database": 3, "query": 2}
    said = []
    for name, table in tables.items():
        source = f"historical: true\ntables:\n  transactions: {table}\n"
        (conf / "source" / f"{name}.yaml").write_text(source, encoding="utf-8")
        here = (f"source={name}", f"paths.root={root / name}", f"outreach.database.url={database}")
        for command in (("validate", "debug=true"), ("config",), ("validate", "--cfg", "job")):
            code, text = call(*command, *here, "tracking=off", "--config-dir", str(conf))
            assert code == (refused[name] if "debug=true" in command else 0), text
            said.append(text)
    file = ("source=file", f"paths.root={root}/file", "--config-dir", str(conf))
    said += [call("validate", *file, f"tracking.uri={store}")[1] for store in (address, database)]
    code, text = call("validate", *file, f"tracking.artifacts={address}")
    assert (code, "AWS_SECRET_ACCESS_KEY" in text) == (2, True), text
    said.append(text)
    said.append(
        call("validate", "source=nowhere", f"outreach.database.url={database}", f"no.such={address}")[1]
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    said.append(call("validate", "source=file", f"paths.root={root}/e", "--config-dir", str(conf))[1])
    assert [text for text in said if PLANTED in text] == []
    written = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert written
    assert [path for path in written if PLANTED.encode() in path.read_bytes()] == []


def test_folders_that_others_could_enter_are_closed(tmp_path: Path) -> None:
    for name in ("data/at_risk", "data/raw", "models", "data/scores"):
        (tmp_path / name).mkdir(parents=True, mode=0o755)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "data/scores").chmod(0o700)
    assert make_private(tmp_path) == ["data/at_risk", "models"]
    assert (tmp_path / "data/at_risk").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data/raw").stat().st_mode & 0o777 == 0o755
    assert make_private(tmp_path) == []
