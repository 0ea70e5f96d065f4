"""validate: raw tables → validated tables and rejected rows."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from holdfast.job import Job, Make, Manifest
from holdfast.sources.ingest import ingest
from holdfast.sources.inputs import Hashes, input_hashes
from holdfast.sources.parts import Earlier, Part
from holdfast.storage import MANIFEST, building, code_fingerprint, read_json, whole
from holdfast.tracking import Run


def make(job: Job, inputs: Mapping[str, Hashes | None]) -> Make:
    """Ingest every table of the source; the counts and the parts of each go into the manifest."""

    def validated(out: Path, manifest: Manifest, run: Run) -> None:
        config, layout = job.config, job.layout
        earlier = {} if config.force else earlier_tables(job)
        with job.engine() as engine, building(layout.rejected, {"run": run.id}) as (rejected, _):
            tables = ingest(
                engine, config.source, config.contracts, out, rejected, layout.temporary, job.started,
                job.say, hashes=inputs, earlier=earlier,
            )  # fmt: skip
        job.keep_question("source")
        manifest["inputs"] = input_hashes(inputs)
        manifest["tables"] = {table.report.name: table.report.to_dict() for table in tables}
        manifest["parts"] = {table.report.name: [asdict(part) for part in table.parts] for table in tables}
        manifest["code"] = code_fingerprint()
        run.params({"source": config.source.name, "contracts": config.contracts.model_dump()})
        for table in tables:
            counts = ("read", "accepted", "rejected", "out_of_scope")
            run.metrics(
                {f"rows.{table.report.name}.{count}": getattr(table.report, count) for count in counts}
            )
        run.dict({"inputs": manifest["inputs"], "tables": manifest["tables"]}, "data_report.json")

    return validated


def earlier_tables(job: Job) -> dict[str, Earlier]:
    """Table → the parts of the last validation, where the same code made them and no byte of them changed."""
    manifest = read_json(job.layout.validated / MANIFEST)
    if manifest is None or manifest.get("code") != code_fingerprint():
        return {}
    found: dict[str, Earlier] = {}
    for name, parts in manifest["parts"].items():
        validated, rejected = (
            folder / f"{name}.parquet" for folder in (job.layout.validated, job.layout.rejected)
        )
        known = [Part(**part) for part in parts]
        # a run that was killed between the two folders left rejected rows of a later validation
        if whole(validated, {part.name: part.validated_sha256 for part in known}) and whole(
            rejected, {part.name: part.rejected_sha256 for part in known}
        ):
            found[name] = Earlier({part.file: part for part in known}, validated, rejected)
    return found
