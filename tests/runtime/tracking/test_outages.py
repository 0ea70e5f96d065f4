"""Whatever the tracking server does, a command does its work; the next one sends the missing runs."""

import contextlib
import http.client
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.pipeline.conftest import Called, Shop, rhythmic_orders, run_command

from holdfast.runtime.tracking.stores import answering

# MLflow keeps connections for later; those to a server that is gone are closed when they are forgotten
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE = 120  # seconds, on a busy machine; a hanging server takes ten minutes to answer


class Proxy:
    """Stands before a real server and passes on its answers, or does what servers do in bad nights.

    Attributes:
        mode: `forward`, `hang`, `500`, `cut` (closes the connection without an answer).
        then: the mode after `left` more answers.
    """

    def __init__(self, server: str) -> None:
        self.mode, self.then, self.left = "forward", "forward", -1
        self.over = threading.Event()
        backend, proxy = urlsplit(server), self

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle_one_request()

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if proxy.left == 0:
                    proxy.mode = proxy.then
                proxy.left -= 1
                if proxy.mode == "hang":
                    proxy.over.wait(600)
                if proxy.mode == "500":
                    self.send_error(500)
                    return
                if proxy.mode != "forward":
                    self.close_connection = True
                    return
                onward = http.client.HTTPConnection(str(backend.hostname), backend.port, timeout=60)
                headers = {name: text for name, text in self.headers.items() if name.lower() != "host"}
                onward.request(self.command, self.path, body, headers)
                answer = onward.getresponse()
                content = answer.read()
                self.send_response_only(answer.status)
                for name, text in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, text)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                onward.close()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            setattr(Handler, f"do_{method}", Handler.answer)
        self.listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listening.daemon_threads = True
        threading.Thread(target=self.listening.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listening.server_address[1]}"

    def close(self) -> None:
        self.over.set()
        self.listening.shutdown()
        self.listening.server_close()


@pytest.fixture
def proxy(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    standing = Proxy(server)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", standing.address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    yield standing
    standing.close()


class Nights:
    """A shop whose commands are tracked in an experiment of its own."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder)
        self.shop.write(rhythmic_orders(customers=40, days=200))
        self.experiment = f"tracking.experiment='{folder.name}'"

    def call(self, command: str) -> Called:
        question = ("as_of=2024-06-01", "timeline.snapshots=2", "features.windows_days=[30]")
        place = (f"paths.root={self.shop.root}", "--config-dir", self.shop.conf)
        return run_command(command, "source=shop", *question, self.experiment, *place)

    def kept(self) -> dict[str, Any]:
        (store,) = json.loads((self.shop.root / "data/tracked.json").read_text(encoding="utf-8")).values()
        return dict(store)

    def runs(self, address: str) -> list[Any]:
        with answering(address):
            from mlflow import MlflowClient

            client = MlflowClient(address)
            experiment = client.get_experiment_by_name(self.experiment.split("'")[1])
            return [] if experiment is None else list(client.search_runs([experiment.experiment_id]))


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def check_all_sent(nights: Nights, address: str) -> None:
    """Every artifact has one finished run below its command's; nothing is open, nothing waits."""
    runs = nights.runs(address)
    assert {run.info.status for run in runs} == {"FINISHED"}
    own = [run for run in runs if "holdfast.stage" in run.data.tags]
    assert sorted(run.data.tags["holdfast.stage"] for run in own) == ["features", "streams", "validate"]
    commands = {run.info.run_id: run.data.tags.get("holdfast.command") for run in runs}
    below = {run.data.tags["holdfast.stage"]: commands[run.data.tags["mlflow.parentRunId"]] for run in own}
    assert below == {"validate": "validate", "streams": "features", "features": "features"}
    assert (nights.kept()["waiting"], nights.kept()["unfinished"]) == ([], {})


@pytest.mark.parametrize("mode", ["cut", "hang", "500"])
def test_a_server_that_is_of_no_use_all_night(mode, nights, proxy, server):
    proxy.mode = mode
    began = time.monotonic()
    called = nights.call("validate")
    assert called.code == 0, called.err
    assert time.monotonic() - began < PATIENCE
    assert "warning: the tracking store does not answer" in called.err
    assert "the next command sends the MLflow runs that are missing" in called.err
    assert (nights.shop.root / "data/validated/shop/manifest.json").is_file()
    assert [entry["stage"] for entry in nights.kept()["waiting"]] == ["validate"]
    proxy.mode = "forward"
    called = nights.call("features")
    assert (called.code, "warning" in called.err) == (0, False), called.err
    check_all_sent(nights, server)


@pytest.mark.parametrize("then", ["cut", "hang", "500"])
def test_a_server_that_dies_midway(then, nights, proxy, server):
    """Wherever it stops answering: what was sent in part is sent again, and nothing twice."""
    proxy.then, proxy.left = then, {"cut": 6, "hang": 9, "500": 12}[then]
    called = nights.call("validate")
    assert called.code == 0, called.err
    proxy.mode = then
    assert "warning: the tracking store does not answer" in called.err
    proxy.mode, proxy.left = "forward", -1
    called = nights.call("features")
    assert (called.code, "warning" in called.err) == (0, False), called.err
    check_all_sent(nights, server)


def test_a_server_that_is_not_there(nights, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:s3cret@127.0.0.1:9")
    called = nights.call("validate")
    assert called.code == 0, called.err
    assert "warning: the tracking store does not answer" in called.err
    assert "s3cret" not in called.err + called.out
