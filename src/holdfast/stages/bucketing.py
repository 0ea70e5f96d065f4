"""streams: validated tables → streams in buckets of customers; of a table with new parts, only these."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ibis import Table

from holdfast.engine.buckets import choose_buckets, write_buckets
from holdfast.engine.duckdb import DuckDB
from holdfast.job import Job, Make, Manifest, Result
from holdfast.storage import MANIFEST, carry_over, code_fingerprint, fingerprint, read_json, whole
from holdfast.streams.definitions import PRICED, define, first_prices, with_first_prices
from holdfast.streams.stream import Stream
from holdfast.tracking import Run

PRICED_TABLE = "transactions"
PRICES = "first_prices.parquet"  # of every product: what the prices of later rows are compared with
MOST_PARTS = 30  # added to so often, a stream is written as a whole: many small files are slow to read


class Kept(NamedTuple):
    """A stream of an earlier run, whole to the byte.

    Attributes:
        files: relative path → SHA-256.
        made_of: its entry in the manifest: the shape of the stream, the SHA-256 of the validated parts that
            are in it, and how many parts of its own have been written.
    """

    folder: Path
    files: Mapping[str, str]
    made_of: Mapping[str, Any]


class Work(NamedTuple):
    """What all streams of a run share.

    Attributes:
        tables: the validated tables.
        out: the folder to write into.
    """

    job: Job
    engine: DuckDB
    tables: dict[str, Table]
    validated: Result
    out: Path
    buckets: int


def bucket(job: Job, validated: Result) -> Make:
    """Write every stream in buckets of customers, or add to it."""

    def streams(out: Path, manifest: Manifest, run: Run) -> None:
        facts = sum(table["accepted"] for table in validated.manifest["tables"].values())
        manifest["buckets"] = choose_buckets(facts, job.config.engine.buckets)
        kept = {} if job.config.force else what_stands(job, manifest["buckets"])
        job.say(f"sorting {facts:,} rows into {manifest['buckets']} buckets of customers")
        with job.engine() as engine:
            work = Work(job, engine, job.tables(engine), validated, out, manifest["buckets"])
            manifest["streams"] = {
                name: write_stream(work, stream, kept.get(name))
                for name, stream in define(work.tables, job.attributes()).items()
            }
        manifest["code"] = code_fingerprint()
        run.metrics({"facts": facts, "buckets": manifest["buckets"]})

    return streams


def what_stands(job: Job, buckets: int) -> dict[str, Kept]:
    """The streams that an earlier run of the same code wrote into as many buckets."""
    folder = job.layout.streams
    manifest = read_json(folder / MANIFEST)
    if manifest is None or manifest.get("code") != code_fingerprint() or manifest["buckets"] != buckets:
        return {}
    found: dict[str, Kept] = {}
    for name, made_of in manifest["streams"].items():
        files = {file: digest for file, digest in manifest["files"].items() if belongs(file, name)}
        if whole(folder, files):
            found[name] = Kept(folder, files, made_of)
    return found


def belongs(file: str, stream: str) -> bool:
    """Whether a file, by its relative path, is of a stream."""
    return file.startswith(f"{stream}/") or (stream == PRICED_TABLE and file == PRICES)


def write_stream(work: Work, stream: Stream, kept: Kept | None) -> dict[str, Any]:
    """One stream, as much of it as has to be written; what is to be known of it later."""
    name = stream.name
    shape = fingerprint([stream.columns, stream.kinds, stream.told, work.job.attributes()])
    table = [part["validated_sha256"] for part in validated_parts(work, name)]
    made_of = {"shape": shape, "table": table, "parts": 1}
    if kept is not None and kept.made_of["shape"] == shape:
        if Counter(kept.made_of["table"]) == Counter(table):
            carry_all(kept, work.out)
            return dict(kept.made_of)
        if add(work, stream, kept):
            return made_of | {"parts": kept.made_of["parts"] + 1}
    rows = work.tables[name]
    if name == PRICED_TABLE and set(rows.columns) >= PRICED:
        rows = with_first_prices(rows, keep_prices(work, first_prices(rows)))
    write_buckets(work.engine, redefined(work, name, rows), work.out, work.buckets)
    return made_of


def add(work: Work, stream: Stream, kept: Kept) -> bool:
    """Add the facts of new rows to a stream; False, and nothing written, where it must be written whole."""
    name, parts = stream.name, int(kept.made_of["parts"])
    left = Counter(kept.made_of["table"])
    added = []
    for part in validated_parts(work, name):
        if left[part["validated_sha256"]]:
            left[part["validated_sha256"]] -= 1
        else:
            added.append(work.validated.folder / f"{name}.parquet" / part["name"])
    if left.total() or parts >= MOST_PARTS:
        return False
    rows = work.engine.read_parquet(added)
    if name == PRICED_TABLE and set(rows.columns) >= PRICED:
        known = work.engine.read_parquet(kept.folder / PRICES)
        new = first_prices(rows)
        if changes_prices(known, new):
            return False
        others = new.anti_join(known, "product_id")
        rows = with_first_prices(rows, keep_prices(work, known.union(others)))
    work.job.say(f"{name}: adding {len(added)} new part{'s' if len(added) > 1 else ''}")
    carry_all(kept, work.out, but=PRICES)
    write_buckets(work.engine, redefined(work, name, rows), work.out, work.buckets, part=parts)
    return True


def redefined(work: Work, name: str, rows: Table) -> Stream:
    """The stream of some rows of its table."""
    return define({name: rows}, work.job.attributes())[name]


def validated_parts(work: Work, name: str) -> list[dict[str, Any]]:
    """The parts of a validated table that have rows."""
    return [part for part in work.validated.manifest["parts"][name] if part["accepted"]]


def changes_prices(known: Table, new: Table) -> bool:
    """Whether new rows tell another first price of a product than those that stand."""
    both = new.join(known, "product_id", rname="known_{name}")
    earlier = both.since < both.known_since
    lower = (both.since == both.known_since) & (both.first_price < both.known_first_price)
    return bool(both.filter(earlier | lower).count().to_pyarrow().as_py())


def keep_prices(work: Work, prices: Table) -> Table:
    """The prices as they were written, sorted by product."""
    path = work.out / PRICES
    work.engine.write_parquet(prices.order_by("product_id"), path)
    return work.engine.read_parquet(path)


def carry_all(kept: Kept, out: Path, but: str = "") -> None:
    """The files of an earlier run in the new folder, save one."""
    for file in kept.files:
        if file != but:
            carry_over(kept.folder / file, out / file)
