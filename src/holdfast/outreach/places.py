"""How many may be contacted: the places on a list, of each owner and through each channel."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from holdfast.outreach.settings import OutreachSettings

Limit = Literal["capacity", "capacity_per_owner", "capacity_per_channel", "break_even", "none"]
# The order in which a list names the one that ended it.
STRICTEST: tuple[Limit, ...] = ("capacity", "capacity_per_owner", "capacity_per_channel", "break_even")


class Places:
    """The places that are left, counted down while a ranking is walked.

    Owners and channels are shared by all lists of one `as_of`: a manager who calls twenty customers a week
    calls twenty, whichever list they are on.
    """

    def __init__(self, settings: OutreachSettings, capacity: float) -> None:
        """Args: capacity: places on this list; infinite without a limit."""
        self.capacity = capacity
        self.taken = 0
        self.owners: Counter[str] = Counter()
        self.channels: Counter[str] = Counter()
        self._settings = settings
        self._per_channel = settings.capacity_per_channel

    def another_list(self, capacity: float | None) -> "Places":
        """What is left of owners and channels, for a list of its own size; None: without a limit."""
        other = Places(self._settings, math.inf if capacity is None else capacity)
        other.owners, other.channels = self.owners.copy(), self.channels.copy()
        return other

    @property
    def left(self) -> float:
        """Places left on the list."""
        return self.capacity - self.taken

    @property
    def coming(self) -> float:
        """How many can still be listed: the list's places left, or those of all channels together."""
        known = self._settings.channel_names
        return min(
            self.left, sum(self._per_channel.get(name, math.inf) - self.channels[name] for name in known)
        )

    @property
    def by_channel(self) -> bool:
        """Whether the channel decides who gets a place."""
        return bool(self._per_channel)

    def closed(self) -> Limit | None:
        """The limit that leaves no place for anybody, if one does."""
        if self.left <= 0:
            return "capacity"
        return "capacity_per_channel" if self.coming <= 0 else None

    def closed_for(self, owner: object) -> Limit | None:
        """The limit that leaves no place for an owner's customers; nobody's customers fall under none."""
        most = self._settings.capacity_per_owner
        if most is None or not isinstance(owner, str):
            return None
        return "capacity_per_owner" if self.owners[owner] >= most else None

    def channel_for(self, wanted: Sequence[str]) -> str | None:
        """The first channel with a place left."""
        return next((name for name in wanted if not self._full(name)), None)

    def take(self, owner: object, channel: str) -> None:
        """A customer is listed."""
        self.taken += 1
        self.channels[channel] += 1
        if isinstance(owner, str):
            self.owners[owner] += 1

    def _full(self, channel: str) -> bool:
        return self.channels[channel] >= self._per_channel.get(channel, math.inf)


def list_capacity(settings: OutreachSettings, eligible: int) -> float:
    """How many customers fit on the at-risk list; infinite without a limit."""
    number = math.inf if settings.capacity is None else settings.capacity
    if settings.capacity_share is None:
        return number
    # 0.07 × 100 is a little more than 7 in binary digits.
    return min(number, math.ceil(round(settings.capacity_share * eligible, 9)))
