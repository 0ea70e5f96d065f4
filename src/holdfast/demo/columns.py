"""Convert the simulation's numbers to columns of raw tables."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.demo.support import DAY


class Clock(NamedTuple):
    """The date of day 0, and the number of days in the raw tables."""

    first: date
    days: int

    @property
    def seconds(self) -> int:
        """The end, in seconds since midnight of day 0."""
        return self.days * DAY

    def moments(self, seconds: NDArray[np.int64], known: NDArray[np.bool_] | None = None) -> pa.Array:
        """Wall-clock times; null if not `known`, or not before the end."""
        start = np.datetime64(self.first, "us")
        visible = seconds < self.seconds if known is None else known & (seconds < self.seconds)
        return pa.array(start + seconds.astype("timedelta64[s]"), pa.timestamp("us"), mask=~visible)


def labels(
    names: Sequence[str | None], indices: NDArray[Any], mask: NDArray[np.bool_] | None = None
) -> pa.Array:
    """The name at each index; null where masked."""
    return pa.array(names, pa.string()).take(pa.array(indices, pa.int64(), mask=mask))


def money(amounts: NDArray[Any]) -> pa.Array:
    """Amounts to the cent."""
    return pa.array(np.round(amounts, 2), pa.float64())
