"""What runs for a result is in its fingerprint: modules of a real run against those that can be reached."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast import pipeline
from holdfast.runtime import code

SMALL = (
    "tracking=off", "threads=2", "demo.customers=400", "demo.truth_weeks=16", "demo.truth_draws=1",
    "features.windows_days=[30,90]", "timeline.snapshots=8", "model.n_bags=1", "model.num_boost_round=30",
    "audit.dates=1", "outcomes.replicates=50", "outreach.holdout_share=0.3", "uplift.min_customers=20",
)  # fmt: skip
FIRST, SECOND, LAST = "2026-04-06", "2026-05-04", "2026-07-06"
CALLS = [
    ["simulate"], ["train", f"as_of={FIRST}"], ["score", f"as_of={FIRST}"], ["score", f"as_of={SECOND}"],
    ["explain", f"as_of={SECOND}"], ["outcomes", f"list_date={FIRST}", f"as_of={LAST}"],
    ["score", f"as_of={LAST}"], ["monitor", f"as_of={LAST}"], ["retention", f"as_of={LAST}"],
    ["audit", f"as_of={FIRST}"],
]  # fmt: skip
WATCHED = """
import cProfile, functools, json, sys, threading
from pathlib import Path
import holdfast
from holdfast import cli, pipeline

executed = {}
package = Path(holdfast.__file__).parent

def watch(name, function):
    seen = executed.setdefault(name, [])  # a profile of each thread

    def start(*_):  # the first event of a thread; from then on its profile counts, in C
        seen.append(cProfile.Profile(builtins=False))
        seen[-1].enable()

    @functools.wraps(function)
    def watched(*given, **named):
        threading.setprofile(start)
        start()
        try:
            return function(*given, **named)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    return watched

def called(profiles):
    # module:function of everything in the package that was called
    codes = {entry.code for profile in profiles for entry in profile.getstats()}
    for code in codes:
        file = None if isinstance(code, str) else Path(code.co_filename)
        if file is not None and file.is_relative_to(package):
            module = ".".join(("holdfast", *file.relative_to(package).with_suffix("").parts))
            yield f"{module.removesuffix('.__init__')}:{code.co_qualname}"

for stage in pipeline.STAGES:
    object.__setattr__(stage, "run", watch(stage.name, stage.run))
    if stage.pages is not None:
        object.__setattr__(stage, "pages", watch(stage.name + " pages", stage.pages))
for words in json.loads(sys.argv[1]):
    assert cli.main(words) == 0, words
print(json.dumps({name: sorted(set(called(profiles))) for name, profiles in executed.items()}))
"""
IMPORTED = """
import importlib, json, sys

found = {}
for module in json.loads(sys.argv[1]):
    for name in [name for name in sys.modules if name.partition(".")[0] == "holdfast"]:
        del sys.modules[name]
    importlib.import_module(module)
    found[module] = sorted(name for name in sys.modules if name.partition(".")[0] == "holdfast")
print(json.dumps(found))
"""
FUNCTIONS = {stage.name: stage.run for stage in pipeline.STAGES} | {
    f"{stage.name} pages": stage.pages for stage in pipeline.STAGES if stage.pages is not None
}


def run_script(script: str, given: object) -> dict[str, list[str]]:
    """What a script prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(given)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def is_property_of_settings(module: str, qualified: str) -> bool:
    """Whether a function is a property of declared settings: those are in fingerprints by their value."""
    owner, _, rest = qualified.partition(".")
    kind = getattr(importlib.import_module(module), owner, None)
    own = getattr(kind, rest.partition(".")[0], None)
    return module.endswith(".settings") and isinstance(own, property)


def decides(module: str) -> bool:
    """Whether a module may change a result."""
    return module.split(".")[1:2] != [] and module.split(".")[1] not in code.NO_RESULT


def test_what_is_imported_can_be_reached():
    modules = sorted({function.__module__ for function in FUNCTIONS.values()})
    loaded = run_script(IMPORTED, ["holdfast.config", "holdfast.runtime.caching", *modules])
    shared = {*loaded["holdfast.config"], *loaded["holdfast.runtime.caching"]}  # in fingerprints by value
    for module in modules:
        reached = {*code.reachable(module), *(name for name in loaded[module] if not decides(name))}
        assert set(loaded[module]) - shared - reached == set(), module


@pytest.mark.slow
def test_what_is_executed_can_be_reached(tmp_path: Path):
    place = f"paths.root={tmp_path}"
    executed = run_script(WATCHED, [[*words, *SMALL, place] for words in CALLS])
    assert set(executed) == set(FUNCTIONS)
    for name, function in FUNCTIONS.items():
        ran = [one.split(":") for one in executed[name] if decides(one.split(":")[0])]
        assert ran, f"{name} never ran"
        reached = code.reachable(function.__module__)
        beyond = [one for one in ran if one[0] not in reached and not is_property_of_settings(*one)]
        assert beyond == [], name
