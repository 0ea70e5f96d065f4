"""The house is in order: what is documented exists, what exists is documented, nothing untidy is in git."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from holdfast.commands import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOCKS = [*sorted(ROOT.glob("requirements*.lock")), ROOT / "benchmarks" / "requirements.lock"]
SETTINGS = sorted((ROOT / "conf").rglob("*.yaml"))
GROUPS = sorted(folder.name for folder in (ROOT / "conf").iterdir() if folder.is_dir())


def tracked() -> list[Path]:
    """The files that are, or would be, in git; without git, all that are not caches or results."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(git, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = [
            path.relative_to(ROOT).as_posix()
            for name in ("src", "conf", "tests", "docs", "benchmarks", "notebooks", ".ci")
            for path in (ROOT / name).rglob("*")
            if "__pycache__" not in path.parts
        ]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Name and text of every tracked file that is text."""
    found = []
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw:
            found.append((path.relative_to(ROOT).as_posix(), raw.decode("utf-8")))
    return found


def lines_with(pattern: str) -> list[str]:
    expression = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()[:90]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if expression.search(line)
    ]


# --- make and the README --------------------------------------------------------------------------


def test_help_lists_every_target():
    declared = set(
        " ".join(re.findall(r"^\.PHONY:((?:.*\\\n)*.*)", MAKEFILE, re.M)).replace("\\", " ").split()
    )
    listed = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert declared == set(re.findall(r"^  make (\S+)  +\S", listed, re.M))


def test_readme_names_only_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.M))
    assert {"demo", "test", "check", "help", "ui"} <= named
    assert named <= targets


@pytest.mark.parametrize(("stage", "does"), COMMANDS.items())
def test_stage_is_documented(stage: str, does: str):
    assert f"\n| `{stage}` | {does}" in README.replace("`as_of`", "as_of")
    assert re.search(rf"^{stage}:.*## ", MAKEFILE, re.M)


def test_readme_states_every_exit_code():
    from holdfast import errors

    codes = {kind.exit_code for kind in errors.HoldfastError.__subclasses__()} | {0, 1}
    assert codes == {int(code) for code in re.findall(r"^\| (\d) \|", README, re.M)}


PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in tracked()
    if path.suffix == ".md" or (path.suffix == ".ipynb" and path.parent.name == "notebooks")
]


def anchors(page: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    here = (ROOT / page).parent
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    for link in links:
        name, _, anchor = link.partition("#")
        target = here / name if name else ROOT / page
        assert target.exists(), link
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), link


def test_every_page_of_the_documentation_is_in_its_index():
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")]
    assert [page.name for page in pages if f"{page.name})" not in index and page.name != "index.md"] == []
    kinds = re.findall(r"^## (.+)$", index, re.M)[:4]
    assert kinds == ["Tutorials", "How to", "Reference", "Explanation"]


def test_decisions_are_listed_and_have_their_three_parts():
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert f"(decisions/{page.name})" in index, f"{page.name} is not in docs/index.md"
        assert text.startswith(f"# {page.name[:4]} "), f"{page.name} does not begin with its number"
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.M) == ["Context", "Decision", "Consequences"], (
            page.name
        )


def test_measured_figures_stand_in_blocks_that_a_script_fills():
    script = (ROOT / "docs/figures.py").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- figures:(\w+) -->\n(.*?)<!-- /figures:(\w+) -->", README, re.S)
    assert [name for name, _, _ in blocks] == [end for _, _, end in blocks] == ["demo", "real"]
    assert all(f'"{name}"' in script for name, _, _ in blocks)
    assert all(re.search(r"\d", body) for _, body, _ in blocks), "run `make figures`"
    prose = re.sub(r"<!-- figures:.*?<!-- /figures:\w+ -->", "", README, flags=re.S)
    assert re.findall(r"(?<!\d)0?\.\d\d+\b|\b\d+ ?%", prose) == [], "a measured figure outside of a block"


# --- settings -------------------------------------------------------------------------------------


def test_every_settings_group_is_described():
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", index, re.M)) == GROUPS


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_settings_file_loads_and_says_what_it_is_for(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# "), "begin with a comment that says what it is for"
    assert isinstance(OmegaConf.load(path), DictConfig)


def test_groups_chosen_by_default_exist():
    chosen = OmegaConf.load(ROOT / "conf/config.yaml").defaults
    pairs = [next(iter(entry.items())) for entry in chosen if isinstance(entry, DictConfig)]
    assert pairs.pop() == ("experiment", None)
    # `group@place: name` puts the file conf/group/name.yaml under another key
    files = [ROOT / "conf" / str(group).partition("@")[0] / f"{name!s}.yaml" for group, name in pairs]
    assert [str(file) for file in files if not file.is_file()] == []
    assert {file.relative_to(ROOT / "conf").parts[0] for file in files} == set(GROUPS) - {"experiment"}


# --- hygiene --------------------------------------------------------------------------------------


def test_no_registry_host_is_named():
    hosts = [
        "pypi" + r"\.org",
        "pythonhosted" + r"\.org",
        "npmjs" + r"\.",
        "anaconda" + r"\.(org|com)",
        "debian" + r"\.org",
    ]
    assert lines_with("|".join(hosts)) == []


def test_no_path_of_a_developers_machine():
    assert lines_with(r"(?<![\w.$}<])/(work|root|home|Users)" + r"/\w") == []


def test_no_pickle():
    found = lines_with(
        r"^\s*(import|from) (pickle|cloudpickle|joblib|dill|shelve|marshal)\b|\bto_"
        + "pickle|allow_"
        + "pickle=True"
    )
    assert found == []


def test_source_files_hold_one_idea():
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in tracked()
        if path.suffix == ".py"
        and "tests" not in path.parts
        and (count := len(path.read_text("utf-8").splitlines())) > 300
    }
    assert long == {}, "over 300 lines: is there a seam?"


def test_packages_and_files_are_named_for_what_they_hold():
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [str(path) for path in tracked() if vague & {*path.parts, path.stem}] == []


# --- locks ----------------------------------------------------------------------------------------


def pins(lock: Path) -> dict[str, set[str]]:
    """Package name → its pinned versions (more than one where platforms differ)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.M):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_hashes_and_no_addresses(lock: Path):
    text = lock.read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.M)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"\S*://\S*|--(?:extra-)?index-url.*|--find-links.*", text) == []


def test_locks_agree_with_each_other():
    build, runtime, everything = (
        pins(ROOT / name)
        for name in ("requirements-build.lock", "requirements.lock", "requirements-dev.lock")
    )
    assert {name for name in runtime if not runtime[name] <= everything.get(name, set())} == set()
    assert {name for name in build if name in everything and not build[name] & everything[name]} == set()


def test_locks_hold_every_dependency_that_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = {
        "requirements-build.lock": project["dependency-groups"]["build"],
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": [
            *project["dependency-groups"]["dev"],
            *(requirement for extra in extras.values() for requirement in extra),
        ],
    }
    for lock, requirements in wanted.items():
        names = {re.split(r"[\[<>=!~ ]", line)[0].replace("_", "-").lower() for line in requirements}
        assert names - set(pins(ROOT / lock)) == set(), f"{lock}: run `make lock`"


def test_every_library_imported_is_declared():
    import ast
    import sys

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared, optional = (
        {re.split(r"[\[<>=!~ ]", line)[0].replace("-", "_") for line in lines}
        for lines in (project["dependencies"], extras["spark"] + extras["webhdfs"])
    )
    names = {
        "hydra": "hydra_core", "ibis": "ibis_framework", "sklearn": "scikit_learn", "yaml": "pyyaml",
        "py4j": "pyspark",
    }  # fmt: skip
    imported = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    foreign = {names.get(name, name) for name in imported - set(sys.stdlib_module_names) - {"holdfast"}}
    assert foreign - declared - optional == set(), "imported, not declared in pyproject.toml"
    assert declared - foreign == set(), "declared in pyproject.toml, imported nowhere"
