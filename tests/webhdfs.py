"""WebHDFS over a folder: the REST protocol of Hadoop's file systems, as far as Spark and fsspec use it.

One server is both name node and data node: it redirects to itself, as a name node redirects to a data node.
"""

import contextlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

PREFIX = "/webhdfs/v1"
REDIRECTED = {"CREATE", "APPEND", "OPEN"}


class NameNode(BaseHTTPRequestHandler):
    """Answers the operations on the files below `folder`."""

    protocol_version = "HTTP/1.1"
    folder: ClassVar[Path]

    def answer_operation(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        options = {name.lower(): value for name, value in parse_qsl(parts.query)}
        path, body = self.folder / unquote(parts.path).removeprefix(PREFIX).lstrip("/"), self._body()
        operation = options["op"].upper()
        operations: dict[str, Callable[[Path, dict[str, str], bytes], Any]] = {
            "MKDIRS": self._mkdirs, "CREATE": self._create, "APPEND": self._append, "OPEN": self._open,
            "GETFILESTATUS": lambda path, *_: {"FileStatus": status(path, "")},
            "LISTSTATUS": self._list, "RENAME": self._rename, "DELETE": self._delete,
            "GETFILEBLOCKLOCATIONS": lambda *_: {"BlockLocations": {"BlockLocation": []}},
        }  # fmt: skip
        if operation in REDIRECTED and "datanode" not in options:
            location = f"http://{self.headers['Host']}{self.path}&datanode=true"
            return self._send(b"", 307, Location=location)
        try:
            content = operations[operation](path, options, body)
        except FileNotFoundError:
            name = "FileNotFoundException"
            error = {"exception": name, "javaClassName": f"java.io.{name}", "message": "no such file"}
            return self._send(json.dumps({"RemoteException": error}).encode(), 404)
        code = 201 if operation == "CREATE" else 200
        return self._send(content if isinstance(content, bytes) else json.dumps(content).encode(), code)

    do_GET = do_PUT = do_POST = do_DELETE = answer_operation  # noqa: N815  # http.server's own names

    def log_message(self, *_: Any) -> None:
        """Nothing: the output of tests stays clean."""

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, content: bytes, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        kind = "application/json" if content[:1] == b"{" else "application/octet-stream"
        for name, value in {**headers, "Content-Length": str(len(content)), "Content-Type": kind}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _mkdirs(self, path: Path, *_: Any) -> Any:
        path.mkdir(parents=True, exist_ok=True)
        return {"boolean": True}

    def _create(self, path: Path, _: dict[str, str], body: bytes) -> Any:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return b""

    def _append(self, path: Path, _: dict[str, str], body: bytes) -> Any:
        with path.open("ab") as file:
            file.write(body)
        return b""

    def _open(self, path: Path, options: dict[str, str], _: bytes) -> Any:
        first, length = int(options.get("offset", 0)), int(options.get("length", path.stat().st_size))
        return path.read_bytes()[first : first + length]

    def _list(self, path: Path, *_: Any) -> Any:
        entries = (
            [(path, "")] if path.is_file() else [(entry, entry.name) for entry in sorted(path.iterdir())]
        )
        return {"FileStatuses": {"FileStatus": [status(entry, name) for entry, name in entries]}}

    def _rename(self, path: Path, options: dict[str, str], _: bytes) -> Any:
        target = self.folder / options["destination"].lstrip("/")
        target = target / path.name if target.is_dir() else target
        possible = path.exists() and not target.exists() and target.parent.is_dir()
        if possible:
            path.rename(target)
        return {"boolean": possible}

    def _delete(self, path: Path, options: dict[str, str], _: bytes) -> Any:
        existed = path.exists()
        if path.is_dir() and options.get("recursive") == "true":
            shutil.rmtree(path)
        elif existed:
            path.unlink()
        return {"boolean": existed}


def status(path: Path, name: str) -> dict[str, Any]:
    """The status of a file or folder, as Hadoop writes it."""
    found, kind = path.stat(), "DIRECTORY" if path.is_dir() else "FILE"
    return {
        "accessTime": 0, "blockSize": 1 << 27, "group": "hadoop", "owner": "hadoop", "permission": "755",
        "length": found.st_size if kind == "FILE" else 0, "modificationTime": found.st_mtime_ns // 1_000_000,
        "pathSuffix": name, "replication": 1, "type": kind,
    }  # fmt: skip


@contextlib.contextmanager
def webhdfs_server(folder: Path) -> Iterator[str]:
    """The address `webhdfs://127.0.0.1:<port>` of a server whose files lie in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = type("Handler", (NameNode,), {"folder": folder})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"webhdfs://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
