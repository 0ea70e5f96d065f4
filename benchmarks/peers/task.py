"""What every competitor is given, and how it is timed: the standard library only, for every environment."""

import dataclasses
import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

WINDOWS_DAYS = (30, 90, 180)
DOUBLED_DAYS = (30, 60, 90, 180, 360)  # the windows, and with the window before each for the changes
ACTIVE_DAYS = 180  # eligible: a purchase known within so many days before the as-of date


@dataclasses.dataclass(frozen=True)
class Task:
    """One run of one competitor.

    Attributes:
        log: the Parquet file of validated transactions (see `benchmarks/log.py`).
        out: an empty folder for the features: Parquet files, key (customer_id, as_of), one row an
            eligible customer and as-of date, features as float32 by Holdfast's names.
        work: an empty folder for whatever lies between; removed afterwards.
        dates: as-of dates, oldest first.
        threads: as many as may be used.
        twice: twice the features (Holdfast only).
        share: one of so many customers is made (Featuretools only), chosen by the number in the id.
        written: what Holdfast wrote for the same log (the floor only).
        small: a tiny log of the same settings, for what is compiled once (Holdfast only).
    """

    log: Path
    out: Path
    work: Path
    dates: tuple[dt.date, ...]
    threads: int
    twice: bool = False
    share: int = 1
    written: Path | None = None
    small: Path | None = None

    def to_json(self) -> str:
        """As text for another process."""
        return json.dumps(dataclasses.asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Task":
        """What `to_json` wrote."""
        told = json.loads(text)
        for name in ("log", "out", "work", "written", "small"):
            told[name] = None if told[name] is None else Path(told[name])
        told["dates"] = tuple(dt.date.fromisoformat(date) for date in told["dates"])
        return cls(**told)


class Clock:
    """Seconds of wall time: of named parts, and the whole from when it was made on.

    Attributes:
        parts: seconds, by name.
        untimed: seconds of what is not the competitor's work, taken off the whole.
    """

    def __init__(self) -> None:
        self.since = time.perf_counter()
        self.parts: dict[str, float] = {}
        self.untimed = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a part under a name."""
        since = time.perf_counter()
        yield
        self.parts[name] = self.parts.get(name, 0.0) + time.perf_counter() - since

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What happens here is not counted."""
        since = time.perf_counter()
        yield
        self.untimed += time.perf_counter() - since

    def seconds(self) -> float:
        """The whole so far."""
        return time.perf_counter() - self.since - self.untimed


def main(run: Callable[[Task, Clock], None], prepare: Callable[[Task], None] | None = None) -> None:
    """Run the task that the command line gives as JSON; print seconds and memory as a line of JSON.

    Imports lie before the clock's start, and so does `prepare`: what happens once in an environment's life.
    """
    task = Task.from_json(sys.argv[1])
    since = time.perf_counter()
    if prepare is not None:
        prepare(task)
    prepared = time.perf_counter() - since
    clock = Clock()
    run(task, clock)
    seconds = clock.seconds()
    told = {"seconds": seconds, "parts": clock.parts, "prepared": prepared, "peak_bytes": peak_bytes()}
    sys.stdout.write(json.dumps(told) + "\n")


def peak_bytes() -> int:
    """The most memory that this process ever held, in bytes.

    From the process itself where Linux tells: `getrusage` may carry over what its parent held.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
