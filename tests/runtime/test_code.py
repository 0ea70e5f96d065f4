"""The fingerprint of code: a change makes again what can reach it, and nothing else."""

import ast
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from holdfast import pipeline
from holdfast.runtime import code

Edit = Callable[[str], set[str]]


def fingerprints() -> dict[str, str]:
    """Of the function of every stage, and of that of its pages (`… pages`)."""
    found = {stage.name: code.code_fingerprint(stage.run) for stage in pipeline.STAGES}
    pages = {stage.name: stage.pages for stage in pipeline.STAGES if stage.pages is not None}
    return found | {f"{name} pages": code.code_fingerprint(render) for name, render in pages.items()}


def forget() -> None:
    """Look at every file again."""
    for function in (code.module_fingerprint, code.imports_of, code.source_of, code.libraries_in,
                     code.content_of, code.data_files_in):  # fmt: skip
        function.cache_clear()


@pytest.fixture(scope="module")
def edit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edit]:
    """`edit(file)` adds a line that says nothing to a file of the package; gives what is made again."""
    place = tmp_path_factory.mktemp("package") / "holdfast"
    copy = shutil.copytree(code.PACKAGE, place, ignore=shutil.ignore_patterns("__pycache__"))
    original = fingerprints()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(code, "PACKAGE", copy)
        forget()
        before = fingerprints()
        assert before == original  # where the package lies says nothing

        def edited(file: str) -> set[str]:
            content = (copy / file).read_bytes()
            (copy / file).write_bytes(content + (b"\n# a comment\n" if file.endswith(".py") else b"\n"))
            for function in (code.module_fingerprint, code.content_of):  # no import has changed
                function.cache_clear()
            after = fingerprints()
            (copy / file).write_bytes(content)
            return {name for name in before if after[name] != before[name]}

        yield edited
    forget()


def test_all_stages_together_read_each_file_once(monkeypatch):
    read, read_bytes = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda file: (read.append(file), read_bytes(file))[1])
    forget()
    fingerprints()
    assert code.PACKAGE / "errors.py" not in read  # it cannot change a result
    assert code.PACKAGE / "stages" / "train.py" in read
    assert len(read) == len(set(read))


def test_the_style_of_pages_makes_pages_again_and_nothing_else(edit):
    changed = edit("reports/style.py")
    assert changed
    assert {name for name in changed if not name.endswith(" pages")} == set()
    assert changed >= {"train pages", "explain pages", "outcomes pages", "monitor pages"}


@pytest.mark.parametrize("file", ["reports/model.html.j2", "reports/page.css"])
def test_so_do_templates_and_styles(edit, file):
    changed = edit(file)
    assert "train pages" in changed
    assert {name for name in changed if not name.endswith(" pages")} == set()


def test_the_page_of_the_list_is_made_by_its_stage(edit):
    changed = edit("outreach/page/list.js")
    assert "score" in changed  # writes the files of the list
    assert changed.isdisjoint({"validate", "streams", "features", "train", "scores", "explain", "uplift"})


def test_the_model_is_no_part_of_what_it_learns_from(edit):
    changed = edit("model/training.py")
    assert "train" in changed
    assert changed.isdisjoint({"validate", "streams", "features"})


@pytest.mark.parametrize(
    ("file", "made_again", "stand"),
    [
        ("sources/mapping.py", {"validate"}, {"outcomes"}),
        ("stages/monitor.py", {"monitor"}, {"validate", "streams", "features", "train", "scores", "score"}),
        ("features/scan.py", {"features", "scores", "uplift", "audit"}, {"validate", "streams", "score"}),
        ("outreach/selection.py", {"select"}, {"validate", "streams", "features", "scores", "explain"}),
        ("uplift/learner.py", {"uplift"}, {"validate", "streams", "features", "train", "scores", "monitor"}),
        ("audit/proof.py", {"audit"}, {"validate", "streams", "features", "scores", "monitor"}),
    ],
)
def test_what_follows_from_a_file_is_made_again(edit, file, made_again, stand):
    changed = edit(file)
    assert made_again <= changed
    assert changed.isdisjoint(stand)


@pytest.mark.parametrize(
    "file",
    ["cli.py", "config.py", "errors.py", "pipeline.py", "runtime/tracking/runs.py", "runtime/caching.py",
     "settings.py", "summaries/lists.py"],
)  # fmt: skip
def test_what_says_keeps_or_tracks_a_result_changes_none(edit, file):
    assert edit(file) == set()


def test_imports_within_functions_count_and_those_for_type_checkers_do_not(tmp_path, monkeypatch):
    package = tmp_path / "holdfast"
    (package / "deep").mkdir(parents=True)
    files = {
        "__init__.py": "", "deep/__init__.py": "", "deep/below.py": "", "late.py": "", "typed.py": "",
        "runtime.py": "import holdfast.never", "never.py": "",
        "start.py": "from typing import TYPE_CHECKING\nfrom holdfast.deep import below\n"
        "if TYPE_CHECKING:\n    from holdfast import typed\n"
        "import holdfast.runtime\n"
        "def work():\n    from holdfast import late\n",
    }  # fmt: skip
    for name, text in files.items():
        (package / name).write_text(text)
    (package / "deep" / "words.txt").write_text("data beside it")
    monkeypatch.setattr(code, "PACKAGE", package)
    forget()
    found = code.reachable("holdfast.start")
    read = {file.relative_to(package).as_posix() for file in code.files_of(found)}
    forget()
    assert found == {"holdfast", "holdfast.start", "holdfast.deep", "holdfast.deep.below", "holdfast.late"}
    assert read == {
        "__init__.py", "start.py", "deep/__init__.py", "deep/below.py", "deep/words.txt", "late.py",
    }  # fmt: skip


def test_imports_are_found_as_python_finds_them():
    """The regular expressions against the syntax tree of every file of the package."""
    for file in code.PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert set(code.imported(text)) == set(imported_by_tree(ast.parse(text))), file


def imported_by_tree(node: ast.AST) -> Iterator[str]:
    """The names that a syntax tree imports from Holdfast, those for type checkers left out."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.If) and ast.unparse(inner.test) == "TYPE_CHECKING":
            continue
        if isinstance(inner, ast.Import):
            yield from (one.name for one in inner.names if one.name.partition(".")[0] == "holdfast")
        elif isinstance(inner, ast.ImportFrom) and (inner.module or "").partition(".")[0] == "holdfast":
            yield str(inner.module)
            yield from (f"{inner.module}.{one.name}" for one in inner.names)
        else:
            yield from imported_by_tree(inner)


def test_a_library_that_is_imported_late_counts(edit):
    """A stage's function is imported when it runs, and an artifact imports what reads it."""
    assert {"explain", "select"} <= edit("explain/peers.py")
    assert "train" in edit("model/bundle.py")


def test_libraries_count(monkeypatch):
    forget()
    before = code.module_fingerprint("holdfast.streams.order")
    forget()
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.0")
    changed = code.module_fingerprint("holdfast.streams.order")
    forget()
    assert changed != before


def test_every_package_is_reached_or_named():
    """A package that no stage reaches either changes no result, or nothing makes it again."""
    reached = {
        module.split(".")[1]
        for stage in pipeline.STAGES
        for function in (stage.run, stage.pages)
        if function is not None
        for module in code.reachable(function.__module__)
        if "." in module
    }
    packages = {re.sub(r"\.py$", "", path.name) for path in code.PACKAGE.iterdir() if path.name[0] != "_"}
    assert packages - reached == {
        *code.NO_RESULT,
        "calls",
        "collecting",
        "commands",
        "composing",
        "doctor",
        "helping",
        "overrides",
        "running",
        "system_errors",
    }


def test_the_versions_of_what_a_stage_imports_count():
    """A new Optuna makes trainings again, whose search it decides, and no validated tables."""
    train, validate = (
        set(code.libraries_of(code.reachable(f"holdfast.stages.{name}"))) for name in ("train", "validate")
    )
    assert {"optuna", "lightgbm", "scikit-learn", "duckdb"} <= train
    assert "duckdb" in validate
    assert validate.isdisjoint({"optuna", "lightgbm", "scikit-learn"})
