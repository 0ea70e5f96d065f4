"""What a stage declares: its function, what it reads, the settings that it is given, and what it writes.

Everything else follows from a declaration: the fingerprint of a result and so whether it stands, the order in
which stages run, the links between tracked runs, and the table of stages in the documentation.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from holdfast.artifacts.artifact import Artifact
from holdfast.runtime.context import RunContext


class Readable(Protocol):
    """Something that a stage reads."""

    def digest(self) -> Any:
        """What of it decides a result, as JSON holds it; None: that cannot be told, make the result again."""


Made = TypeVar("Made", bound=Artifact)


class Day:
    """The rule for a stage's as-of date.

    Args:
        rule: called with the context and the artifacts of `stages` by name; may refuse.
    """

    def __init__(self, rule: Callable[..., dt.date], **stages: "Stage[Any]") -> None:
        self.rule, self.stages = rule, stages


class Lookup:
    """A question to the files that the user gives, or to what lies on disk below the root.

    Args:
        answer: called with the context, the as-of date and the artifacts of `stages` by name; None: there
            is nothing.
        otherwise: the stage whose artifact is read where there is no answer.
        stages: whose artifacts the answer is found in.
    """

    def __init__(
        self, answer: "Callable[..., Readable | None]", *, otherwise: "Stage[Any] | None" = None,
        **stages: "Stage[Any]",
    ) -> None:  # fmt: skip
        self.answer, self.otherwise, self.stages = answer, otherwise, stages

    def sources(self) -> "tuple[Stage[Any], ...]":
        """The stages that may have to run for an answer."""
        return (*self.stages.values(), *((self.otherwise,) if self.otherwise else ()))


@dataclasses.dataclass(frozen=True, eq=False)
class Stage(Generic[Made]):
    """One stage.

    Attributes:
        name: its name; where it is a command of its own, that of the command.
        does: what it does, in a line: `inputs → output`.
        run: the function, given a `StageRun` and by name everything that it reads. It writes into
            `StageRun.out` and returns its part of the manifest.
        reads: parameter → what it reads: another stage's artifact, or the answer to a question.
        settings: dotted names of the settings that it is given (see `runtime.settings`).
        writes: the kind of its artifact.
        day: its as-of date; None: it has none.
        compared_with: as `reads`, but no part of the fingerprint: what a result is compared with when it is
            made.
        label: the dotted name of a setting that is part of the artifact's place.
        pages: renders pages and plots from the finished artifact (relative path → content).
        before: called each time, before anything is looked up; may refuse.
        after: called each time with the artifact, whether it was made now or stood already; may refuse.
    """

    name: str
    does: str
    run: Callable[..., dict[str, Any]]
    writes: type[Made]
    reads: Mapping[str, "Stage[Any] | Lookup"]
    settings: tuple[str, ...] = ()
    day: Day | None = None
    compared_with: Mapping[str, Lookup] = dataclasses.field(default_factory=dict)
    label: str | None = None
    pages: Callable[[Made], Mapping[str, bytes]] | None = None
    before: tuple[Callable[[RunContext], None], ...] = ()
    after: tuple[Callable[[RunContext, Made], None], ...] = ()

    def upstream(self) -> "list[Stage[Any]]":
        """The stages that it reads from, each once, in the order in which they run."""
        found: list[Stage[Any]] = []
        for read in (*self.reads.values(), *self.compared_with.values()):
            for source in read.sources() if isinstance(read, Lookup) else (read,):
                found += [stage for stage in (*source.upstream(), source) if stage not in found]
        return found
