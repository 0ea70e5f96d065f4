"""How Holdfast's time and memory grow: with the log, with the customers, with the features."""

import dataclasses
import math
from collections.abc import Callable, Sequence

from benchmarks.competition import Result
from benchmarks.log import LogSettings

SIZES = (0.25, 0.5, 1.0, 2.0)  # of the log and its customers
MORE_CUSTOMERS = 5  # times, with the same number of lines a customer


@dataclasses.dataclass(frozen=True)
class Growth:
    """One run of Holdfast on a log of some size.

    Attributes:
        settings: of the log.
        twice: with twice the features.
    """

    settings: LogSettings
    twice: bool
    result: Result


@dataclasses.dataclass(frozen=True)
class Scaling:
    """What the runs say.

    Attributes:
        runs: all of them.
        exponent: of seconds against transactions, by least squares on logarithms.
        memory_ratio: peak memory with MORE_CUSTOMERS times the customers against once.
        features_ratio: seconds with twice the features against once.
    """

    runs: tuple[Growth, ...]
    exponent: float
    memory_ratio: float
    features_ratio: float


def scale(base: LogSettings, run: Callable[[LogSettings, bool], Result]) -> Scaling:
    """Run Holdfast on logs around the size `base`.

    Args:
        run: Holdfast on the log of some settings, with or without twice the features.

    Raises:
        SystemExit: a run failed.
    """

    def grown(factor: float, twice: bool = False) -> Growth:
        counts = {name: round(getattr(base, name) * factor) for name in ("transactions", "customers")}
        settings = dataclasses.replace(base, **counts)
        result = run(settings, twice)
        if result.seconds is None:
            raise SystemExit(f"Holdfast on {settings.transactions:,} transactions: {result.failed}")
        return Growth(settings, twice, result)

    sizes = [grown(factor) for factor in SIZES]
    once, many, twice = sizes[SIZES.index(1.0)], grown(MORE_CUSTOMERS), grown(1.0, twice=True)
    points = [(size.settings.transactions, size.result.seconds or math.nan) for size in sizes]
    return Scaling(
        runs=(*sizes, many, twice),
        exponent=exponent(points),
        memory_ratio=many.result.peak_bytes / once.result.peak_bytes,
        features_ratio=(twice.result.seconds or math.nan) / (once.result.seconds or math.nan),
    )


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of a straight line through the logarithms: 1 where twice the size takes twice the time."""
    x = [math.log(size) for size, _ in points]
    y = [math.log(seconds) for _, seconds in points]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return across / sum((a - mean_x) ** 2 for a in x)
