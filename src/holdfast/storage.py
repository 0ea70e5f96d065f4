"""Files in a folder of this machine, or at an address in a file system that Spark reads, too.

pyarrow reads and writes `s3a://`, `gs://`, `abfs://` and `hdfs://` by itself, and `webhdfs://` by the package
fsspec. Credentials come from where the stores' own tools find them.
"""

import contextlib
import fnmatch
import functools
import importlib.util
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from holdfast.errors import HoldfastError, SettingError, first_line
from holdfast.files import replacing
from holdfast.secrets import redact, remember

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.fs as pafs

ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
ARROW = {  # scheme as Spark writes it → as pyarrow does
    "s3a": "s3", "gs": "gs", "abfs": "abfs", "abfss": "abfss", "hdfs": "hdfs", "viewfs": "viewfs",
}  # fmt: skip
FSSPEC = ("webhdfs", "swebhdfs")
COPY_BYTES = 1 << 22


class RemotePath(PurePosixPath):
    """A file or folder by its address; joined by `/` like a path."""

    def __str__(self) -> str:
        return super().__str__().replace(":/", "://", 1)

    def __fspath__(self) -> str:
        raise TypeError(f"{self} is an address: this machine has no such path")

    def open_input(self) -> Any:
        """The file, to be read."""
        with explain_failures(self):
            return self._system().open_input_file(self._path())

    def open_output(self) -> Any:
        """The file, to be written; object stores show it when it is closed."""
        with explain_failures(self):
            return self._system().open_output_stream(self._path())

    def copy_from(self, file: Path) -> None:
        """Write the bytes of a local file."""
        with file.open("rb") as source, explain_failures(self), self.open_output() as target:
            shutil.copyfileobj(source, target, COPY_BYTES)

    def copy_to(self, file: Path) -> None:
        """Write the bytes to a local file, whose folder exists."""
        with explain_failures(self), self.open_input() as source, file.open("wb") as target:
            shutil.copyfileobj(source, target, COPY_BYTES)

    def is_file(self) -> bool:
        """Whether there is such a file."""
        import pyarrow.fs as pafs

        with explain_failures(self):
            return bool(self._system().get_file_info(self._path()).type == pafs.FileType.File)

    def files(self) -> dict[str, str]:
        """All files below: relative path → size and, where the file system says it, time of writing."""
        import pyarrow.fs as pafs

        selector = pafs.FileSelector(self._path(), recursive=True, allow_not_found=True)
        with explain_failures(self):
            entries = [info for info in self._system().get_file_info(selector) if info.is_file]
        start = len(self._path().strip("/")) + 1
        return {
            info.path.strip("/")[start:]: f"{info.size} {info.mtime_ns or ''}".strip() for info in entries
        }

    def remove(self) -> None:
        """Remove a file, or a folder with all that is in it; nothing is there: nothing happens."""
        import pyarrow.fs as pafs

        with explain_failures(self):
            kind = self._system().get_file_info(self._path()).type
            if kind == pafs.FileType.Directory:
                self._system().delete_dir(self._path())
            elif kind == pafs.FileType.File:
                self._system().delete_file(self._path())

    def _system(self) -> "pafs.FileSystem":
        return open_file_system(self.parts[0] + "//" + self.parts[1])[0]

    def _path(self) -> str:
        """The path within the file system."""
        return "/".join((open_file_system(self.parts[0] + "//" + self.parts[1])[1], *self.parts[2:]))


Location = Path | RemotePath


def local_path(location: str | Location) -> Path:
    """A location as a path of this machine.

    Raises:
        TypeError: it is an address, where only the engine Spark reads and writes.
    """
    if isinstance(location, RemotePath):
        raise TypeError(f"{location} is an address")
    return Path(location)


@functools.cache
def open_file_system(address: str) -> "tuple[pafs.FileSystem, str]":
    """The file system of an address without a path, and the beginning of the paths in it.

    Raises:
        SettingError: the address cannot be used.
    """
    import pyarrow as pa
    import pyarrow.fs as pafs

    parts = urlsplit(address)
    if parts.scheme in FSSPEC:
        import fsspec

        options: dict[str, Any] = {"use_https": True} if parts.scheme == "swebhdfs" else {}
        if parts.username:
            options["user"] = parts.username
        system = fsspec.filesystem("webhdfs", host=parts.hostname, port=parts.port, **options)
        return pafs.PyFileSystem(web_handler(system)), ""
    try:
        system, start = pafs.FileSystem.from_uri(f"{ARROW[parts.scheme]}://{parts.netloc}/")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SettingError(
            f"{address} cannot be used", where="paths.root", found=redact(first_line(error)),
            next_step="check the address; hdfs:// needs Hadoop's libhdfs, HADOOP_HOME and CLASSPATH",
        ) from None  # fmt: skip
    return system, start.rstrip("/")


def web_handler(system: Any) -> Any:
    """pyarrow's handler of an fsspec file system, which lists all files or fails.

    The handler's own listing leaves out folders that could not be listed, so their files would be lost.
    """
    import pyarrow.fs as pafs

    class Handler(pafs.FSSpecHandler):  # type: ignore[misc]  # pyarrow publishes no types
        def get_file_info_selector(self, selector: Any) -> "list[pafs.FileInfo]":
            try:
                entries = system.ls(selector.base_dir, detail=True)
            except FileNotFoundError:
                if selector.allow_not_found:
                    return []
                raise
            infos = []
            for entry in entries:
                if entry["type"] == "file":
                    about = {"size": entry["size"], "mtime": entry["modificationTime"] / 1000}
                    infos.append(pafs.FileInfo(entry["name"], pafs.FileType.File, **about))
                elif selector.recursive:
                    infos += self.get_file_info_selector(pafs.FileSelector(entry["name"], recursive=True))
            return infos

    return Handler(system)


def check_address(address: str, where: str) -> str:
    """An address without a slash at its end. The file system is not asked.

    Raises:
        SettingError: it holds a password or options, or names no host; there is no such file system.
    """
    remember(address)
    scheme, _, rest = address.partition("://")
    scheme, host = scheme.lower(), rest.partition("/")[0]
    if ":" in rest.rpartition("@")[0] or "?" in rest:
        raise SettingError(
            "the address holds a password or options, which would be written into manifests",
            where=where, found=f"{scheme}://…", expected=f"{scheme}://bucket/folder",
            next_step="take them out; credentials come from the environment, and from spark-defaults.conf",
        )  # fmt: skip
    if scheme not in (*ARROW, *FSSPEC):
        raise SettingError(
            f"no file system is addressed by {scheme}://", where=where,
            expected=", ".join(f"{name}://" for name in (*ARROW, *FSSPEC)), next_step="or name a folder",
        )  # fmt: skip
    if not host:
        raise SettingError(
            "the address names no host or bucket", where=where, found=f"{scheme}:///…",
            expected=f"{scheme}://host:port/folder",
        )  # fmt: skip
    if scheme in FSSPEC and not host.rpartition(":")[2].isdigit():
        raise SettingError(
            "the address names no port", where=where, found=f"{scheme}://{host.rpartition('@')[2]}/…",
            expected=f"{scheme}://host:9870/folder",
        )  # fmt: skip
    if scheme in FSSPEC and importlib.util.find_spec("fsspec") is None:
        raise SettingError(
            f"{scheme}:// needs fsspec", where=where, found="no module fsspec",
            next_step="pip install 'holdfast[spark,webhdfs]'",
        )  # fmt: skip
    return f"{scheme}://{rest.rstrip('/')}"


@contextlib.contextmanager
def explain_failures(path: RemotePath) -> Iterator[None]:
    """Say in a short block that a file system refused, or does not answer."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise HoldfastError(
            "the file system of paths.root refused, or does not answer", where=str(path),
            found=redact(first_line(error)), expected="a file system that answers, and rights to write there",
            next_step="check the address, the network, and the credentials in the environment",
        ) from None  # fmt: skip


@contextlib.contextmanager
def open_for_writing(file: Location) -> Iterator[Any]:
    """A path or stream to write a file to, in one step where the file system can."""
    if isinstance(file, RemotePath):
        with explain_failures(file), file.open_output() as stream:
            yield stream
    else:
        with replacing(file) as temporary:
            yield temporary


def read_table(file: Location, columns: list[str] | None = None) -> "pa.Table":
    """The rows of a Parquet file; `columns`: None for all."""
    import pyarrow.parquet as pq

    if isinstance(file, RemotePath):
        with explain_failures(file), file.open_input() as stream:
            return pq.ParquetFile(stream).read(columns=columns)
    with pq.ParquetFile(file) as part:  # `pq.read_table` is slower: it opens a data set, and imports pandas
        return part.read(columns=columns)


def copy_file(file: Path, place: Location) -> None:
    """Copy a local file, in one step where the file system can."""
    if isinstance(place, RemotePath):
        place.copy_from(file)
    else:
        with replacing(place) as temporary:
            shutil.copyfile(file, temporary)


def find_files(folder: Location, pattern: str) -> list[Location]:
    """The files in a folder whose names match, sorted."""
    if isinstance(folder, RemotePath):
        names = [name for name in sorted(folder.files()) if "/" not in name]
        return [folder / name for name in names if fnmatch.fnmatchcase(name, pattern)]
    return list[Location](sorted(folder.glob(pattern)))


def empty_folder(folder: Location) -> None:
    """Make an empty folder; at an address there is nothing to make."""
    remove_folder(folder)
    if isinstance(folder, Path):
        folder.mkdir(parents=True)


def remove_folder(folder: Location) -> None:
    """Remove a folder with all that is in it."""
    if isinstance(folder, RemotePath):
        folder.remove()
    else:
        shutil.rmtree(folder, ignore_errors=True)
