"""The engine for large tables, and the resources it may use."""

import re
from typing import Literal

from pydantic import Field, field_validator

from holdfast.settings import Settings

MEMORY = re.compile(r"^\d+(\.\d+)?\s*(%|[KMGT]i?B)$", re.IGNORECASE)


class EngineSettings(Settings):
    """Settings of `conf/engine/`.

    Attributes:
        name: the engine; DuckDB runs inside the process.
        memory: the memory limit above which the engine spills to disk, such as `4GB` or `60%`; None: 60% of
            the machine's memory.
        buckets: the number of buckets of customers, which are processed separately; None: by the data's size.
    """

    name: Literal["duckdb"] = "duckdb"
    memory: str | None = None
    buckets: int | None = Field(default=None, ge=1, le=65_536)

    @field_validator("memory")
    @classmethod
    def _memory_has_a_unit(cls, memory: str | None) -> str | None:
        if memory is not None and not MEMORY.match(memory.strip()):
            raise ValueError(f"'{memory}' is not an amount of memory; write it as 4GB, 512MB or 60%")
        return memory
