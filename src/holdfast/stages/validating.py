"""validate: raw tables → validated tables and rejected rows."""

from collections.abc import Mapping
from pathlib import Path

from holdfast.job import Job, Make, Manifest
from holdfast.sources.ingest import ingest
from holdfast.storage import building
from holdfast.tracking import Run


def make(job: Job, inputs: Mapping[str, str] | None) -> Make:
    """Ingest every table of the source; the counts go into the manifest."""

    def validated(out: Path, manifest: Manifest, run: Run) -> None:
        config, layout = job.config, job.layout
        with job.engine() as engine, building(layout.rejected, {"run": run.id}) as (rejected, _):
            found = ingest(
                engine, config.source, config.contracts, out, rejected, layout.temporary, job.started, job.say
            )
        job.keep_question("source")
        manifest["inputs"] = inputs
        manifest["tables"] = {report.name: report.to_dict() for report in found}
        run.params({"source": config.source.name, "contracts": config.contracts.model_dump()})
        for report in found:
            counts = ("read", "accepted", "rejected", "left_out")
            run.metrics({f"rows.{report.name}.{count}": getattr(report, count) for count in counts})
        run.dict({"inputs": inputs, "tables": manifest["tables"]}, "data_report.json")

    return validated
