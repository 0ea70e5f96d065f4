"""The engine for large tables, and the resources it may use."""

import os
import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from holdfast.settings import Settings

MEMORY = re.compile(r"^\d+(\.\d+)?\s*(%|[KMGT]i?B)$", re.IGNORECASE)


class EngineSettings(Settings):
    """Settings of `conf/engine/`.

    Attributes:
        name: the engine; DuckDB runs inside the process. On Spark `validate` reads the raw files with DuckDB,
            too: a file in each task.
        memory: the memory limit above which DuckDB spills to disk, such as `4GB` or `60%`; None: 60% of the
            machine's memory. On Spark also the memory of the driver; None: as Spark is set.
        buckets: the number of buckets of customers, which are processed separately; None: by the size.
        master: only for Spark: the cluster, such as `local[4]`, `yarn` or `spark://host:7077`; None: the one
            that spark-submit or spark-defaults.conf names, else all cores of this machine.
    """

    name: Literal["duckdb", "spark"] = "duckdb"
    memory: str | None = None
    buckets: int | None = Field(default=None, ge=1, le=65_536)
    master: str | None = Field(default=None, min_length=1)

    @field_validator("memory")
    @classmethod
    def _memory_has_a_unit(cls, memory: str | None) -> str | None:
        if memory is not None and not MEMORY.match(memory.strip()):
            raise ValueError(f"'{memory}' is not an amount of memory; write it as 4GB, 512MB or 60%")
        return memory

    @model_validator(mode="after")
    def _only_spark_has_a_master(self) -> Self:
        if self.master is not None and self.name != "spark":
            raise ValueError(f"engine.master counts only with engine=spark, not with engine={self.name}")
        return self


def megabytes(memory: str) -> int:
    """An amount of memory in MiB; a percentage is of the machine's memory."""
    amount, unit = float(re.sub(r"[^\d.]", "", memory)), re.sub(r"[\d.\s]", "", memory).upper()
    if unit == "%":
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * amount / 100 / 2**20)
    base = 1024 if "I" in unit else 1000
    return int(amount * base ** ("KMGT".index(unit[0]) + 1) / 2**20)
