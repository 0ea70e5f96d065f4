"""The declaration of a stage: function, inputs, settings and output.

Everything else is derived from it: the fingerprint (and so whether a result is reused), the order of the
stages, the links between tracked runs, and the table of stages in the documentation.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Generic, Protocol, TypeVar

from holdfast.artifacts.artifact import Artifact
from holdfast.runtime.code import NAME as PACKAGE
from holdfast.runtime.context import RunContext


class Readable(Protocol):
    """An input of a stage."""

    def digest(self) -> Any:
        """JSON that changes whenever the stage's result may change; None: unknown, so run the stage again."""


Made = TypeVar("Made", bound=Artifact)


class deferred:  # noqa: N801  # reads like a function in the declarations
    """A function that is imported when it is first called.

    Args:
        reference: `module:function`, the module without `holdfast.`
    """

    def __init__(self, reference: str) -> None:
        module, _, self.__name__ = reference.partition(":")
        self.__module__ = f"{PACKAGE}.{module}"

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(import_module(self.__module__), self.__name__)
        return function

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.__wrapped__(*given, **named)


class Day:
    """The rule for a stage's as-of date.

    Args:
        rule: called with the context and the artifacts of `stages` by name; may refuse.
    """

    def __init__(self, rule: Callable[..., dt.date], **stages: "Stage[Any]") -> None:
        self.rule, self.stages = rule, stages


class Lookup:
    """An input that is looked up among the user's files or earlier artifacts.

    Args:
        answer: called with the context, the as-of date and the artifacts of `stages` by name; returns the
            input, or None if there is none.
        otherwise: the stage whose artifact is read if the answer is None.
        stages: the stages whose artifacts `answer` needs.
    """

    def __init__(
        self, answer: "Callable[..., Readable | None]", *, otherwise: "Stage[Any] | None" = None,
        **stages: "Stage[Any]",
    ) -> None:  # fmt: skip
        self.answer, self.otherwise, self.stages = answer, otherwise, stages

    def sources(self) -> "tuple[Stage[Any], ...]":
        """The stages that may have to run."""
        return (*self.stages.values(), *((self.otherwise,) if self.otherwise else ()))


@dataclasses.dataclass(frozen=True, eq=False)
class Stage(Generic[Made]):
    """One stage.

    Attributes:
        name: its name; for a command, the name of the command.
        does: a one-line description: `inputs → output`.
        run: the function. It gets a `StageRun` and the inputs by name, writes into `StageRun.out` and returns
            its manifest entries.
        reads: parameter → input: another stage's artifact, or a lookup.
        settings: dotted names of the settings that it may read (see `runtime.settings`).
        writes: the class of its artifact.
        day: its as-of date; None: it has none.
        compared_with: like `reads`, but not part of the fingerprint: a change does not run the stage again.
        label: the dotted name of a setting that becomes part of the artifact's path.
        pages: renders pages and plots from the finished artifact (relative path → content).
        before: called in every run, before the lookups; may refuse.
        after: called in every run with the new or reused artifact; may refuse.
    """

    name: str
    does: str
    run: Callable[..., dict[str, Any]]
    writes: type[Made]
    reads: Mapping[str, "Stage[Any] | Lookup"]
    settings: tuple[str, ...] = ()
    day: Day | None = None
    compared_with: Mapping[str, "Stage[Any] | Lookup"] = dataclasses.field(default_factory=dict)
    label: str | None = None
    pages: Callable[[Made], Mapping[str, bytes]] | None = None
    before: tuple[Callable[[RunContext], None], ...] = ()
    after: tuple[Callable[[RunContext, Made], None], ...] = ()

    def upstream(self) -> "list[Stage[Any]]":
        """All stages that it depends on, in the order in which they run."""
        stages: list[Stage[Any]] = []
        for read in (*self.reads.values(), *self.compared_with.values()):
            for source in read.sources() if isinstance(read, Lookup) else (read,):
                stages += [stage for stage in (*source.upstream(), source) if stage not in stages]
        return stages
