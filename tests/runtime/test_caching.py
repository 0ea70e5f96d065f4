"""A stage is run again when its inputs, settings or code change, and for nothing else."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.artifacts.artifact import Artifact, Key, Root
from holdfast.config import Config, load_config
from holdfast.errors import GuardRefused
from holdfast.runtime import caching
from holdfast.runtime.caching import run_cached
from holdfast.runtime.code import code_fingerprint
from holdfast.runtime.context import RunContext, StageRun
from holdfast.runtime.stage import Day, Lookup, Stage

plain = functools.cache(load_config)
DAY = dt.date(2026, 8, 1)


class Words(Artifact):
    """A file of words."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        del key
        return root.data / "words"

    def text(self) -> str:
        """What is in it."""
        return (self.folder / "words.txt").read_text()


class Letters(Words):
    """Another file of words, one a day."""

    @classmethod
    def folder_of(cls, root: Root, key: Key) -> Path:
        return root.data / "letters" / f"{key.day}{key.label}"


@dataclasses.dataclass
class Given:
    """Something that a stage reads from outside."""

    text: str | None

    def digest(self) -> str | None:
        """The text; None: nobody can tell what it is."""
        return self.text


@dataclasses.dataclass
class Bench:
    """Two stages, of which the second reads the first, and what was run so far."""

    root: Path
    given: Given = dataclasses.field(default_factory=lambda: Given("good morning"))
    champion: str = "nobody"
    ran: list[str] = dataclasses.field(default_factory=list)
    built_on: list[bool] = dataclasses.field(default_factory=list)
    config: Config = dataclasses.field(default_factory=plain)

    def __post_init__(self) -> None:
        def words(run: StageRun, given: Given) -> dict[str, Any]:
            self.ran.append("words")
            self.built_on.append(run.previous is not None)
            (run.out / "words.txt").write_text(f"{given.text}\n")
            return {"count": len(str(given.text).split())}

        def letters(run: StageRun, words: Words, champion: Given) -> dict[str, Any]:
            self.ran.append("letters")
            text = f"{words.text()[: run.settings.demo.customers % 7]} {run.settings.seed} {champion.text}"
            (run.out / "words.txt").write_text(text)
            return {}

        def render(found: Letters) -> dict[str, bytes]:
            self.ran.append("page")
            return {"page.html": f"<p>{found.text()}".encode()}

        self.words = Stage(
            "words", "given → words", reads={"given": Lookup(lambda *_: self.given)}, run=words, writes=Words
        )
        self.letters = Stage(
            "letters", "words → letters", reads={"words": self.words},
            compared_with={"champion": Lookup(lambda *_: Given(self.champion))},
            settings=("demo.customers", "seed"), day=Day(lambda *_: DAY), run=letters, writes=Letters,
            pages=render,
        )  # fmt: skip

    def call(self, stage: Stage[Any] | None = None, **changes: Any) -> tuple[Any, list[str]]:
        """The artifact of a stage in a command of its own, and what ran for it."""
        self.ran.clear()
        config = self.config.model_copy(update=changes)
        context = RunContext(config, Root(self.root, "demo"), dt.datetime.now(dt.UTC))
        return run_cached(context, stage or self.letters), list(self.ran)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_stands_is_not_made_again(bench):
    first, ran = bench.call()
    assert ran == ["words", "letters", "page"]
    again, ran = bench.call()
    assert ran == []
    assert (again.folder, again.manifest) == (first.folder, first.manifest)
    assert {path.name for path in first.folder.iterdir()} == {
        "words.txt", "manifest.json", "page.html", "pages.json",
    }  # fmt: skip


def test_a_manifest_says_what_a_result_is_made_from(bench):
    found, _ = bench.call()
    manifest = found.manifest
    assert (manifest["stage"], manifest["day"]) == ("letters", str(DAY))
    assert manifest["settings"] == {"demo.customers": bench.config.demo.customers, "seed": bench.config.seed}
    assert set(manifest["reads"]) == {"words"}
    assert set(manifest["files"]) == {"words.txt"}
    assert len(manifest["fingerprint"]) == len(manifest["code"]) == 64


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"seed": 3}, ["letters", "page"]),
        ({"threads": 3}, []),  # not declared
        ({"force": True}, ["words", "letters"]),  # the same bytes: the page stands
    ],
)
def test_declared_settings_decide(bench, change, expected):
    bench.call()
    assert bench.call(**change)[1] == expected


def test_another_input_runs_all_that_follows_from_it(bench):
    bench.call()
    bench.given = Given("good evening")
    assert bench.call()[1] == ["words", "letters", "page"]


def test_an_input_that_comes_to_the_same_bytes_runs_nothing_further(bench):
    bench.call()
    (Words.folder_of(Root(bench.root, "demo"), Key(None, "")) / "words.txt").unlink()
    assert bench.call()[1] == ["words"]


def test_an_input_of_which_nothing_can_be_told_is_read_every_time(bench):
    bench.given = Given(None)
    bench.call()
    assert bench.call()[1] == ["words"]


def test_what_a_result_is_held_against_makes_it_no_other(bench):
    bench.call()
    bench.champion = "somebody"
    assert bench.call()[1] == []


def test_pages_follow_from_their_artifact_and_their_own_code(bench, monkeypatch):
    found, _ = bench.call()
    (found.folder / "page.html").write_text("<p>scribbled over")
    assert bench.call()[1] == ["page"]
    real = code_fingerprint

    def changed(function: Callable[..., Any]) -> str:
        return "other" if function is bench.letters.pages else real(function)

    monkeypatch.setattr(caching, "code_fingerprint", changed)
    assert bench.call()[1] == ["page"]
    assert bench.call()[1] == []


def test_other_code_makes_it_again_and_builds_on_nothing(bench, monkeypatch):
    for given in ("good morning", "good evening"):
        bench.given = Given(given)
        bench.call(bench.words)
    monkeypatch.setattr(caching, "code_fingerprint", lambda _: "other")
    assert bench.call(bench.words)[1] == ["words"]
    assert bench.built_on == [False, True, False]  # the same code may carry over what did not change


def test_force_builds_on_nothing(bench):
    bench.call(bench.words)
    bench.call(bench.words, force=True)
    assert bench.built_on == [False, False]


def test_a_label_is_part_of_the_place(bench):
    stage = dataclasses.replace(bench.letters, label="seed")
    one, other = bench.call(stage, seed=1)[0], bench.call(stage, seed=2)[0]
    assert one.folder != other.folder
    assert bench.call(stage, seed=1)[1] == []


def test_a_setting_that_is_not_declared_cannot_be_read(bench):
    for missing in ("seed", "demo.customers"):
        declared = tuple(name for name in bench.letters.settings if name != missing)
        stage = dataclasses.replace(bench.letters, settings=declared)
        name = missing.partition(".")[0]
        with pytest.raises(AttributeError, match=f"the stage letters reads the setting {name} without"):
            bench.call(stage)
        assert not Letters.folder_of(Root(bench.root, "demo"), Key(DAY, "")).exists()


def test_what_a_command_is_told_before_and_after(bench):
    told: list[str] = []

    def refuse(*_: Any) -> None:
        told.append("after")
        raise GuardRefused("no")

    stage = dataclasses.replace(
        bench.letters, before=(lambda _: told.append("before"),), after=(refuse,)
    )  # fmt: skip
    for _ in range(2):  # made, and found standing
        context = RunContext(bench.config, Root(bench.root, "demo"), dt.datetime.now(dt.UTC))
        with pytest.raises(GuardRefused):
            run_cached(context, stage)
        assert stage.name in context.results  # what is refused is there all the same
    assert told == ["before", "after", "before", "after"]


def test_a_stage_runs_after_all_that_it_reads(bench):
    assert bench.letters.upstream() == [bench.words]
    deep = Stage(
        "deep", "…",
        reads={"letters": bench.letters, "words": Lookup(lambda *_: None, otherwise=bench.words)},
        run=lambda _: {}, writes=Words,
    )  # fmt: skip
    assert deep.upstream() == [bench.words, bench.letters]
