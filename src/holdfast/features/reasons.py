"""What may be said about a customer: reasons, the figures that their texts state, and when they are true."""

import dataclasses
from collections.abc import Callable
from enum import Enum
from math import inf


class Side(Enum):
    """The side on which a value raises the risk: above or below what it is compared with."""

    HIGHER = 1
    LOWER = -1


HIGHER, LOWER = Side
FALLBACK = "HABIT"  # the code of what raises the risk without a reason that can be named


class Group(Enum):
    """The customers who stayed that a customer is compared with."""

    NOBODY = "nobody"
    EVERYBODY = "all who stayed"
    TENURE = "those who have been customers for as long"
    RHYTHM = "those who have been customers for as long and buy as often"


@dataclasses.dataclass(frozen=True)
class Claim:
    """What is said about a feature: true where it lies within the limits, and is worse than two others.

    Attributes:
        feature: `<family>__<name>`.
        peers: it is worse than that of most customers of this group. Not compared where neither side of the
            feature is riskier.
        than: what it is worse than in the customer's own past: "before" (the value over the window before, of
            the same length; by more than one purchase makes), or the feature whose value over all history is
            the customer's usual one; a customer without a usual value is compared with nothing. None: with
            nothing.
        above, at_least, at_most: limits.
        or_equal: a value equal to `than` will do.
        shortest, longest: look at the windows of so many days or more, the shortest (longest) first, and take
            the first one in which it is true. Both None: all history.
    """

    feature: str
    peers: Group = Group.RHYTHM
    than: str | None = None
    above: float = -inf
    at_least: float = -inf
    at_most: float = inf
    or_equal: bool = False
    shortest: int | None = None
    longest: int | None = None

    @property
    def has_windows(self) -> bool:
        """Whether it is about windows, not about all history."""
        return self.shortest is not None or self.longest is not None


@dataclasses.dataclass(frozen=True)
class Figure:
    """A number that texts may state as `{<name>}` where a claim is true.

    Beside it `{<name>_days}`, the days of the window; `{<name>_before}` or `{<name>_usual}`, the customer's
    own value that it is compared with; and `{<name>_peers}`, the median of comparable customers who stayed.

    Attributes:
        claim: None: it is stated wherever it is known.
        states: the features whose largest known value over all history is stated; (): the claim's.
        at_most: a larger number is not stated.
        shown: from the feature's value to the number that people read.
    """

    name: str
    claim: Claim | None = None
    states: tuple[str, ...] = ()
    at_most: float = inf
    shown: Callable[[float], float] = float

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the number, the days, and the two that it is compared with; empty: it has none."""
        claim = self.claim or Claim("", Group.NOBODY)
        than = "before" if claim.than == "before" else "usual"
        return (
            self.name,
            f"{self.name}_days" if claim.has_windows else "",
            f"{self.name}_{than}" if claim.than and not self.states else "",
            f"{self.name}_peers" if claim.peers is not Group.NOBODY and not self.states else "",
        )


@dataclasses.dataclass(frozen=True)
class Reason:
    """A reason code, and when its texts in `conf/outreach/reasons/` are true of a customer.

    Attributes:
        code: a stable id, such as SPEND_DOWN.
        general: what the text without figures claims; None: there is no such text.
        figures: that the other texts may state.
        neutral: the text without figures claims nothing that could be false of a customer, such as
            "Customers on this plan leave more often".
        background: stated only where no other reason is.
        absent: the kinds of facts whose absence it speaks of: what is measured over a window without any
            purchase speaks of silence, whatever the measure.
        otherwise: the code of the reason that is stated in its place where it is not true.
    """

    code: str
    general: Claim | None = None
    figures: tuple[Figure, ...] = ()
    neutral: bool = False
    background: bool = False
    absent: tuple[str, ...] = ()
    otherwise: str | None = None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims of its texts."""
        return tuple(one for one in (self.general, *(figure.claim for figure in self.figures)) if one)

    @property
    def features(self) -> set[str]:
        """The features that its claims and figures name."""
        named = {name for claim in self.claims for name in (claim.feature, claim.than)}
        named |= {feature for figure in self.figures for feature in figure.states}
        return {name for name in named if name not in (None, "before")}

    @property
    def placeholders(self) -> tuple[str, ...]:
        """All that its texts may ask for."""
        return tuple(name for figure in self.figures for name in figure.placeholders if name)
