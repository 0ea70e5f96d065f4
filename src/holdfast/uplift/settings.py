"""Settings of the uplift estimate (`conf/uplift/`)."""

from collections.abc import Iterable

from pydantic import Field, field_validator

from holdfast.errors import nearest
from holdfast.features.families import FAMILIES
from holdfast.settings import Settings

ATTRIBUTES = "profile"  # the family of customers' attributes


class UpliftSettings(Settings):
    """When it is learned, and from what; `conf/uplift/default.yaml` explains.

    Attributes:
        fewest: customers in either group.
        moderators: features as `<family>__<measure>`, without a window.
    """

    use: bool = True
    fewest: int = Field(default=100, ge=20)
    most_lists: int = Field(default=24, ge=1)
    moderators: tuple[str, ...] = ()
    window_days: int = Field(default=90, ge=1)
    attributes: bool = False

    @field_validator("moderators")
    @classmethod
    def known(cls, moderators: tuple[str, ...]) -> tuple[str, ...]:
        """Only features that exist can be named."""
        names = [f"{family.name}__{feature.name}" for family in FAMILIES for feature in family.features]
        for name in moderators:
            if name not in names:
                raise ValueError(f"there is no feature '{name}' ({nearest(name, names)})")
        return moderators

    def choose(self, columns: Iterable[str]) -> list[str]:
        """Of the columns of a features table those that may make a difference: one for each moderator.

        The one over all history where there is no window; else the longest window of at most `window_days`,
        or the shortest where all are longer.
        """
        windows: dict[str, dict[int, str]] = {}
        for column in columns:
            feature, _, window = column.rpartition("__")
            windows.setdefault(feature, {})[0 if window == "all" else int(window.removesuffix("d"))] = column
        wanted = [*self.moderators]
        if self.attributes:
            wanted += [one for one in windows if one.startswith(f"{ATTRIBUTES}__") and one not in wanted]
        return [self.window(windows[feature]) for feature in wanted if feature in windows]

    def window(self, found: dict[int, str]) -> str:
        """The column of one feature."""
        days = sorted(days for days in found if days) or [0]
        return found[max((one for one in days if one <= self.window_days), default=days[0])]
