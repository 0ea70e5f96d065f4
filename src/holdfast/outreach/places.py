"""Contact capacity: of a list, of each owner and of each channel."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from holdfast.outreach.settings import OutreachSettings

Limit = Literal["capacity", "capacity_per_owner", "capacity_per_channel", "break_even", "none"]
# The order of precedence in which a list reports its cut-off.
STRICTEST: tuple[Limit, ...] = ("capacity", "capacity_per_owner", "capacity_per_channel", "break_even")


class Places:
    """The remaining capacity, reduced with every listed customer.

    All lists of one `as_of` share the capacity of owners and channels.
    """

    def __init__(self, settings: OutreachSettings, capacity: float) -> None:
        """Args: capacity: of this list; infinite without a limit."""
        self.capacity = capacity
        self.taken = 0
        self.owners: Counter[str] = Counter()
        self.channels: Counter[str] = Counter()
        self._settings = settings
        self._per_channel = settings.capacity_per_channel

    def another_list(self, capacity: float | None) -> "Places":
        """The remaining capacity of owners and channels, for a list with its own capacity; None: no limit."""
        other = Places(self._settings, math.inf if capacity is None else capacity)
        other.owners, other.channels = self.owners.copy(), self.channels.copy()
        return other

    @property
    def left(self) -> float:
        """The remaining capacity of the list."""
        return self.capacity - self.taken

    @property
    def coming(self) -> float:
        """How many customers can still be listed, given the capacity of the list and of all channels."""
        names = self._settings.channel_names
        return min(
            self.left, sum(self._per_channel.get(name, math.inf) - self.channels[name] for name in names)
        )

    @property
    def by_channel(self) -> bool:
        """Whether channels have limits."""
        return bool(self._per_channel)

    def closed(self) -> Limit | None:
        """The exhausted limit that excludes every further customer, if any."""
        if self.left <= 0:
            return "capacity"
        return "capacity_per_channel" if self.coming <= 0 else None

    def closed_for(self, owner: object) -> Limit | None:
        """The exhausted limit of an owner, if any; customers without an owner have no such limit."""
        most = self._settings.capacity_per_owner
        if most is None or not isinstance(owner, str):
            return None
        return "capacity_per_owner" if self.owners[owner] >= most else None

    def channel_for(self, wanted: Sequence[str]) -> str | None:
        """The first channel with remaining capacity."""
        return next((name for name in wanted if not self._full(name)), None)

    def take(self, owner: object, channel: str) -> None:
        """Count a listed customer."""
        self.taken += 1
        self.channels[channel] += 1
        if isinstance(owner, str):
            self.owners[owner] += 1

    def _full(self, channel: str) -> bool:
        return self.channels[channel] >= self._per_channel.get(channel, math.inf)


def list_capacity(settings: OutreachSettings, eligible: int) -> float:
    """The capacity of the at-risk list; infinite without a limit."""
    number = math.inf if settings.capacity is None else settings.capacity
    if settings.capacity_share is None:
        return number
    # rounded, because 0.07 × 100 is slightly more than 7 in floating point
    return min(number, math.ceil(round(settings.capacity_share * eligible, 9)))
