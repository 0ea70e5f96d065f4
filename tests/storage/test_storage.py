"""Files at an address: what is written is listed and read again, on WebHDFS and on S3."""

import contextlib
import copy
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.webhdfs import webhdfs_server

from holdfast.errors import HoldfastError, SettingError
from holdfast.storage import (
    RemotePath,
    check_address,
    empty_folder,
    find_files,
    open_file_system,
    open_for_writing,
    read_table,
    remove_folder,
)

ROWS = pa.table({"who": ["a", "b"], "amount": [1.0, 2.0]})


@contextlib.contextmanager
def s3_server(patch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a bucket on an S3 server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "unguessable",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        patch.setenv(name, value)
    bucket = f"bucket-{uuid.uuid4().hex}"  # all servers of a process have the same buckets
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")):
            yield f"s3a://{bucket}"
    finally:
        server.stop()
        open_file_system.cache_clear()  # the next server has another port


@pytest.fixture(params=["webhdfs", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RemotePath]:
    """A folder that is not there yet, on a real server."""
    with pytest.MonkeyPatch.context() as patch:
        server = webhdfs_server(tmp_path) if request.param == "webhdfs" else s3_server(patch)
        with server as address:
            yield RemotePath(f"{address}/a folder/churn")


def test_what_is_written_is_listed_and_read(root: RemotePath, tmp_path: Path) -> None:
    part = root / "run" / "_bucket=1" / "part-ä.parquet"
    with open_for_writing(part) as file:
        pq.write_table(ROWS, file)
    (tmp_path / "local").write_bytes(b"x" * 7_000_000)  # more than one block
    (root / "run" / "whole").copy_from(tmp_path / "local")
    assert read_table(part).equals(ROWS)
    assert read_table(part, columns=["amount"]).column_names == ["amount"]
    assert find_files(part.parent, "*.parquet") == [part]
    files = root.files()
    assert list(files) == ["run/_bucket=1/part-ä.parquet", "run/whole"]
    assert files["run/whole"].split(" ")[0] == "7000000"
    assert part.is_file()
    assert not part.parent.is_file()
    with (root / "run" / "whole").open_input() as read:
        assert read.read() == b"x" * 7_000_000
    assert copy.deepcopy(part) == part  # by the way in which Spark sends it to its tasks
    assert str(part).startswith(str(root))


def test_what_is_removed_is_gone_and_nothing_else(root: RemotePath) -> None:
    assert root.files() == {}
    remove_folder(root / "run")  # was never there
    for name in ("run/one", "run/two", "other/three"):
        with (root / name).open_output() as file:
            file.write(b"1")
    (root / "run" / "one").remove()
    assert sorted(root.files()) == ["other/three", "run/two"]
    empty_folder(root / "run")
    assert list(root.files()) == ["other/three"]


def test_a_folder_of_this_machine_is_used_alike(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "run" / "part-0.parquet") as file:
        pq.write_table(ROWS, file)
    assert [path.name for path in find_files(tmp_path / "run", "*")] == ["part-0.parquet"]
    assert read_table(tmp_path / "run" / "part-0.parquet").equals(ROWS)
    empty_folder(tmp_path / "run")
    assert list((tmp_path / "run").iterdir()) == []


def test_an_address_is_never_taken_for_a_path() -> None:
    with pytest.raises(TypeError, match="s3a://bucket/churn is an address"):
        open(RemotePath("s3a://bucket/churn"))  # noqa: PTH123, SIM115


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("s3a://key:unguessable@bucket/churn", "holds a password or options"),
        ("s3a://bucket/churn?secret_key=unguessable", "holds a password or options"),
        ("hdfs:///churn", "names no host or bucket"),
        ("ftp://host/unguessable", "no file system is addressed by ftp://"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(address: str, message: str) -> None:
    with pytest.raises(SettingError, match=message) as refused:
        check_address(address, "paths.root")
    assert "unguessable" not in refused.value.block()


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SettingError, match=r"pip install 'holdfast\[spark,webhdfs\]'"):
        check_address("webhdfs://nowhere:1/churn", "paths.root")


def test_a_server_that_does_not_answer_is_a_short_block(tmp_path: Path) -> None:
    with webhdfs_server(tmp_path) as address:
        gone = RemotePath(f"{address}/churn")
    for action in (gone.files, gone.open_input, gone.is_file, gone.remove):
        with pytest.raises(HoldfastError, match="refused, or does not answer"):
            action()


def test_a_bucket_that_is_not_there_is_a_short_block() -> None:
    nobodys = RemotePath("s3a://nobodys/churn")
    with (
        pytest.MonkeyPatch.context() as patch,
        s3_server(patch),
        pytest.raises(HoldfastError, match="refused, or does not answer") as refused,
    ):
        nobodys.open_input()
    assert "unguessable" not in refused.value.block()


def test_a_listing_is_whole_or_fails(tmp_path: Path) -> None:
    for folder in ("good", "bad"):
        (tmp_path / "churn" / folder).mkdir(parents=True)
        (tmp_path / "churn" / folder / "part.parquet").touch()
    with webhdfs_server(tmp_path) as address:
        root = RemotePath(f"{address}/churn")
        assert sorted(root.files()) == ["bad/part.parquet", "good/part.parquet"]
        (tmp_path / "churn" / "bad" / "loop").symlink_to("loop")  # the server cannot list this folder
        with pytest.raises(HoldfastError, match="refused, or does not answer"):
            root.files()
