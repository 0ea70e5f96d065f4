"""validate: raw tables → validated tables and rejected rows."""

from collections.abc import Mapping
from pathlib import Path

from holdfast.job import Job, Make, Manifest
from holdfast.sources.growing import Standing
from holdfast.sources.ingest import ingest
from holdfast.sources.inputs import Hashes, input_hashes
from holdfast.sources.reading import Reading
from holdfast.sources.report import TableReport
from holdfast.storage import MANIFEST, building, code_fingerprint, read_json, sha256_file, whole
from holdfast.tracking import Run


def make(job: Job, inputs: Mapping[str, Hashes | None]) -> Make:
    """Ingest every table of the source; the counts go into the manifest, and how each table was read."""

    def validated(out: Path, manifest: Manifest, run: Run) -> None:
        config, layout = job.config, job.layout
        standing = {} if config.force else what_stands(job)
        with job.engine() as engine, building(layout.rejected, {"run": run.id}) as (rejected, _):
            taken = ingest(
                engine, config.source, config.contracts, out, rejected, layout.temporary, job.started,
                job.say, hashes=inputs, standing=standing,
            )  # fmt: skip
        job.keep_question("source")
        manifest["inputs"] = input_hashes(inputs)
        manifest["tables"] = {table.report.name: table.report.to_dict() for table in taken}
        manifest["readings"] = {table.report.name: table.reading.to_dict() for table in taken}
        manifest["code"] = code_fingerprint()
        run.params({"source": config.source.name, "contracts": config.contracts.model_dump()})
        for table in taken:
            counts = ("read", "accepted", "rejected", "left_out")
            run.metrics(
                {f"rows.{table.report.name}.{count}": getattr(table.report, count) for count in counts}
            )
        run.dict({"inputs": manifest["inputs"], "tables": manifest["tables"]}, "data_report.json")

    return validated


def what_stands(job: Job) -> dict[str, Standing]:
    """Table → what the last validation left of it, where the same code made it and no byte has changed."""
    validated, rejected = job.layout.validated, job.layout.rejected
    manifest = read_json(validated / MANIFEST)
    if manifest is None or manifest.get("code") != code_fingerprint():
        return {}
    found: dict[str, Standing] = {}
    for name, kept in manifest["readings"].items():
        file, reading = f"{name}.parquet", Reading(**kept)
        # a run that was killed between the two folders left rejected rows of a later reading
        whole_there = (rejected / file).is_file() and sha256_file(rejected / file) == reading.rejected
        if whole_there and whole(validated, {file: manifest["files"][file]}):
            report = TableReport(**manifest["tables"][name])
            found[name] = Standing(
                reading, report, validated / file, rejected / file, manifest["files"][file]
            )  # fmt: skip
    return found
