"""Reasons for a customer's risk: codes, figures in their texts, and the conditions for stating them."""

import dataclasses
from collections.abc import Callable
from enum import Enum
from math import inf


class Side(Enum):
    """The side on which a value raises the risk: above or below the compared value."""

    HIGHER = 1
    LOWER = -1


HIGHER, LOWER = Side
FALLBACK = "HABIT"  # the code of contributions without a specific reason


class Group(Enum):
    """The customers who stayed that a customer is compared with."""

    NOBODY = "nobody"
    EVERYBODY = "all who stayed"
    TENURE = "those who have been customers for as long"
    RHYTHM = "those who have been customers for as long and buy as often"


class Cause(Enum):
    """What several reasons speak of together; causes are ranked by the sum of their contributions."""

    LESS = "buys or uses less"
    SERVICE = "trouble with service"
    PRICE = "prices"
    COMPETITOR = "another supplier"

    @property
    def is_symptom(self) -> bool:
        """Whether it shows that customers turn away, but not why."""
        return self is Cause.LESS


@dataclasses.dataclass(frozen=True)
class Claim:
    """A condition on a feature: its value is within limits, and riskier than the peers' and an earlier value.

    Attributes:
        feature: `<family>__<name>`.
        peers: the value is riskier than that of most customers of this group. Not compared if the feature has
            no riskier side.
        than: the value of the customer's past that it is riskier than. "before": the value over the previous
            window of the same length, by clearly more than one purchase. A feature name: that feature's value
            over all history; if it is null, nothing is compared. None: nothing is compared.
        above, at_least, at_most: limits.
        or_equal: a value equal to `than` is accepted.
        clearly: it is at least `explain.clear_ratio` times `than`.
        clear_of_peers: it is at least `explain.clear_ratio` times the peers' median.
        confirmed_by: a feature whose value over the same window is at least `at_least` times its value over
            all history, where both are known. A maximum shows what happened to one purchase; a mean confirms
            that it is true of what the customer buys.
        last: the feature with the days since the last such fact, at most `explain.recent_days` if known;
            None: the fact may be older.
        recent: only windows of at most `explain.recent_days` days, however rarely the customer buys.
        shortest, longest: try the windows of at least this number of days, the shortest (longest) first,
            until the claim is true. Both None: all history.
    """

    feature: str
    peers: Group = Group.RHYTHM
    than: str | None = None
    above: float = -inf
    at_least: float = -inf
    at_most: float = inf
    or_equal: bool = False
    clearly: bool = False
    clear_of_peers: bool = False
    confirmed_by: str | None = None
    last: str | None = None
    recent: bool = False
    shortest: int | None = None
    longest: int | None = None

    @property
    def has_windows(self) -> bool:
        """Whether it uses windows instead of all history."""
        return self.shortest is not None or self.longest is not None


@dataclasses.dataclass(frozen=True)
class Figure:
    """A number that texts may state as `{<name>}` if a claim is true.

    Further placeholders: `{<name>_days}`, the days of the window; `{<name>_before}` or `{<name>_usual}`, the
    customer's earlier value; `{<name>_peers}`, the median of comparable customers who stayed.

    Attributes:
        claim: None: it is stated if it is known.
        states: state the largest known value of these features over all history; (): the claim's feature.
        at_most: larger numbers are not stated.
        shown: converts the feature's value to the printed number.
        without: it is stated only if this better feature is missing.
    """

    name: str
    claim: Claim | None = None
    states: tuple[str, ...] = ()
    at_most: float = inf
    shown: Callable[[float], float] = float
    without: str | None = None

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The placeholders of value, days, earlier value and peers' median; "": it has none."""
        claim = self.claim or Claim("", Group.NOBODY)
        than = "before" if claim.than == "before" else "usual"
        return (
            self.name,
            f"{self.name}_days" if claim.has_windows else "",
            f"{self.name}_{than}" if claim.than and not self.states else "",
            f"{self.name}_peers" if claim.peers is not Group.NOBODY and not self.states else "",
        )


SUBSCRIBER = "subscription__tenure"  # not null: a subscriber, who pays and does not order
SUBSCRIBED = Figure("subscribed", Claim(SUBSCRIBER, Group.NOBODY))
OVERDUE = Claim("recency__days", than="gaps__mean", clearly=True)


@dataclasses.dataclass(frozen=True)
class Reason:
    """A reason code, and the conditions under which its texts in `conf/outreach/reasons/` are true.

    Attributes:
        code: a stable id, such as SPEND_DOWN.
        general: the claim of the text without figures; None: there is no such text.
        figures: the figures of the other texts.
        neutral: the text without figures is true of everybody.
        levels: a family's name, or one of its features. The text without figures is true of customers whose
            level in such a text column churned more often than others in training, beyond chance: "Customers
            on this plan leave more often".
        background: stated only if there is no other reason.
        trait: it says what a customer is like, not what changed; stated after all reasons that do.
        absent: kinds of facts; values over a window without them are attributed to this reason.
        otherwise: the code of the reason to state if this one is not true.
        cause: the cause that it speaks of; None: it is ranked alone.
    """

    code: str
    general: Claim | None = None
    figures: tuple[Figure, ...] = ()
    neutral: bool = False
    levels: str | None = None
    background: bool = False
    trait: bool = False
    absent: tuple[str, ...] = ()
    otherwise: str | None = None
    cause: Cause | None = None

    def speaks_of_level(self, column: str) -> bool:
        """Whether its text without figures is about the customer's level in this text column."""
        return self.levels is not None and column.startswith(f"{self.levels}__")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims of its texts."""
        claims = (self.general, *(figure.claim for figure in self.figures))
        return tuple(claim for claim in claims if claim)

    @property
    def features(self) -> set[str]:
        """The features that its claims and figures name."""
        named = {
            name
            for claim in self.claims
            for name in (claim.feature, claim.than, claim.confirmed_by, claim.last)
        }
        named |= {name for figure in self.figures for name in (*figure.states, figure.without)}
        return {name for name in named if name not in (None, "before")}

    @property
    def placeholders(self) -> tuple[str, ...]:
        """All placeholders that its texts may use."""
        return tuple(name for figure in self.figures for name in figure.placeholders if name)
