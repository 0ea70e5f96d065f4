"""Real servers for tests: PostgreSQL, `mlflow server` and `mlflow models serve`, each stopped at the end."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def postgres_server(secret: str) -> Iterator[int]:
    """The port of a PostgreSQL of our own with the user `ann`; the test is skipped if none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or list(
        filter(None, [Path(shutil.which("initdb") or "")])
    )
    if not found or not found[-1].is_file():
        pytest.skip("PostgreSQL is not installed here")
    binaries = found[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="holdfast-postgres-"))
    who: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # the server refuses to run as root
        name = next((n for n in ("postgres", "nobody") if any(p.pw_name == n for p in pwd.getpwall())), None)
        if name is None:
            pytest.skip("there is no user to run PostgreSQL as")
        who |= {"user": name, "env": {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}}
        shutil.chown(folder, name)
    (folder / "secret").write_text(secret, encoding="utf-8")
    (folder / "secret").chmod(0o644)
    port, data = free_port(), folder / "data"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    user = ["-U", "ann", f"--pwfile={folder / 'secret'}", "-A", "scram-sha-256", "-E", "UTF8"]
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    start = [*control, "-l", str(folder / "log"), "-o", options, "start"]
    try:
        made = [str(binaries / "initdb"), "-D", str(data), *user]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, **who)
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, **who)
        yield port
    finally:
        if (data / "postmaster.pid").exists():
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, **who)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def mlflow_process(words: Sequence[str], folder: Path, health: str, **environment: str) -> Iterator[str]:
    """`mlflow …` on a free port, once it answers at `health`; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", *words, "--port", str(port)]
    log = folder / f"mlflow-{port}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | QUIET | environment, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/{health}", process, log)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def mlflow_server(folder: Path, store: str | None = None) -> contextlib.AbstractContextManager[str]:
    """An `mlflow server` over SQLite in a folder, or over another store."""
    words = ["server", "--workers", "1", "--artifacts-destination", str(folder / "artifacts")]
    words += ["--backend-store-uri", store or f"sqlite:///{folder}/mlflow.db"]
    return mlflow_process(words, folder, "health")


def wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server answers, a minute and more on a busy machine."""
    for _ in range(1200):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=1):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())
