"""A night whose source, tracking store and sink are protected by a password: it comes out nowhere."""

import urllib.parse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from tests.pipeline.conftest import rhythmic_orders, run_command
from tests.servers import postgres_server

SECRET, KEY, TOKEN = "pl4nted/§word", "pl4nted-key-of-s3", "pl4nted-token"
PLANTED = ("pl4nted", urllib.parse.quote(SECRET, safe=""), "§word")
SOURCE = """\
historical: true
tables:
  transactions:
    database: {database}
    table: orders
    columns: {{customer_id: who, transaction_id: "no", occurred_at: at, amount: paid}}
  tickets:
    read: {read}
    columns: {{customer_id: who, ticket_id: "no", opened_at: at}}
"""


class Night(NamedTuple):
    """What was said and what was written."""

    root: Path
    address: str
    said: list[str]
    codes: list[int]


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Iterator[Night]:
    """Train and score from a database, with tracking and the sink in it; then all that can go wrong."""
    folder = tmp_path_factory.mktemp("night")
    root, source = folder / "root", folder / "conf" / "source" / "shop.yaml"
    source.parent.mkdir(parents=True)
    tickets = folder / "tickets.csv"
    tickets.write_text("who,no,at\n00001,T1,2024-01-05\n", encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as patched, warnings.catch_warnings(), postgres_server(SECRET) as port
    ):  # fmt: skip
        warnings.simplefilter("ignore")  # of MLflow's own making
        patched.setenv("AWS_ACCESS_KEY_ID", "AKIA0")
        patched.setenv("AWS_SECRET_ACCESS_KEY", KEY)
        patched.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with psycopg.connect(
            host="127.0.0.1", port=port, user="ann", password=SECRET, dbname="postgres"
        ) as connection:
            connection.execute("CREATE TABLE orders (no text, who text, at timestamp, paid float)")
            orders = [(order, who, at, paid) for who, order, at, paid in rhythmic_orders()]
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO orders VALUES (%s, %s, %s, %s)", orders)
        hidden = urllib.parse.quote(SECRET, safe="")
        address = f"postgresql://ann:{hidden}@127.0.0.1:{port}/postgres"
        patched.setenv("SHOP_DATABASE_URL", address)
        source.write_text(
            SOURCE.format(database="${oc.env:SHOP_DATABASE_URL}", read=tickets), encoding="utf-8"
        )
        tracked = address.replace("postgresql:", "postgresql+psycopg:")
        shop = ["source=shop", f"paths.root={root}", "--config-dir", folder / "conf", "churn.horizon_days=30"]
        sink = f"outreach.database.url={address}"
        dead = address.replace(f":{port}", ":9")
        wrong = address.replace(hidden, f"pl4nted{hidden}") + "?application_name=pl4nted"
        quick = ["experiment=quick", "monitor.refuse=never", f"tracking.uri={tracked}"]
        calls = [
            ["train", *quick, "as_of=2024-02-01"],
            ["score", *quick, "as_of=2024-03-01", sink],
            ["score", *quick, "as_of=2024-03-01", sink.replace(hidden, "pl4nted"), "debug=true"],
            ["score", "as_of=2024-03-01", f"tracking.uri={dead}", f"outreach.database.url={wrong}"],
            ["score", "as_of=2024-03-01", f"outreach.database.url={address}?pl4nted={TOKEN}"],
            [
                "score",
                "as_of=2024-03-01",
                f"outreach.do_not_contact=https://me:{TOKEN}@h/a.csv?token={TOKEN}",
            ],
            ["monitor", *quick, "as_of=2024-03-01"],
            ["config", sink, f"tracking.uri={tracked}", f"tracking.artifacts=s3://me:{TOKEN}@h/b"],
            ["doctor", sink, f"tracking.uri={tracked}"],
        ]
        called = [run_command(*words, *shop) for words in calls]
        for read in ("s3://shop/tickets.csv", f"s3://me:{TOKEN}@shop/t.csv", f"https://h/t.csv?sig={TOKEN}"):
            source.write_text(SOURCE.format(database=address, read=read), encoding="utf-8")
            called.append(run_command("validate", *shop, "tracking=off", "debug=true"))
        yield Night(root, tracked, [each.out + each.err for each in called], [each.code for each in called])


def holds(content: str | bytes) -> list[str]:
    """The planted texts within a content."""
    text = content if isinstance(content, str) else content.decode("utf-8", errors="replace")
    return [word for word in PLANTED if word in text]


def test_the_night_went_as_it_should(night):
    assert night.codes[:5] == [0, 0, 7, 7, 2], night.said
    assert night.codes[6:9] == [0, 2, 0], night.said
    assert set(night.codes[9:]) <= {2, 3}, night.said
    assert (night.root / "data/at_risk/2024-03-01/report.html").is_file()


def test_nothing_that_was_said_holds_a_secret(night):
    assert [(number, holds(text)) for number, text in enumerate(night.said) if holds(text)] == []


def test_no_file_below_the_root_holds_a_secret(night):
    files = [path for path in night.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 60
    assert {str(path): found for path in files if (found := holds(path.read_bytes()))} == {}


def test_no_run_in_mlflow_holds_a_secret(night):
    from mlflow import MlflowClient

    client: Any = MlflowClient(night.address)
    experiment = client.get_experiment_by_name("holdfast")
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) > 8
    assert [holds(str(run.to_dictionary())) for run in runs if holds(str(run.to_dictionary()))] == []
    assert holds(str(experiment) + str(client.get_registered_model("holdfast-churn"))) == []
    assert holds(str(client.get_model_version_by_alias("holdfast-churn", "champion"))) == []
