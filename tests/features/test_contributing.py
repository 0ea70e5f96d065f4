"""CONTRIBUTING.md, "Add a feature family", followed to the letter, ends in a true sentence."""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from tests.features import logs, sentences

from holdfast.explain.figures import Statements
from holdfast.explain.settings import DEFAULTS
from holdfast.features.families import FAMILIES
from holdfast.features.family import Family

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
GUIDE = PAGE.partition("## Add a feature family")[2].partition("\n## ")[0]
BLOCKS = [
    (language, textwrap.dedent(body)) for language, body in re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.S)
]
(FAMILY, SPEC), (YAML,) = (
    [body for language, body in BLOCKS if language == wanted] for wanted in ("python", "yaml")
)

Follow = Callable[[str], dict[str, Any]]


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """`follow(family)`: the family of the guide beside those that ship, and the functions of its spec."""

    def followed(source: str) -> dict[str, Any]:
        names: dict[str, Any] = {}
        exec(source, names)  # the guide's own lines
        (family,) = (value for value in names.values() if isinstance(value, Family))
        families = (*FAMILIES, family)
        monkeypatch.setitem(logs.features.__kwdefaults__ or {}, "families", families)
        monkeypatch.setattr(Statements.__init__, "__defaults__", (families, DEFAULTS))
        for code, texts in yaml.safe_load(YAML).items():
            for language in sentences.TEXTS:
                monkeypatch.setitem(sentences.TEXTS[language].sentences, code, texts)
        spec: dict[str, Any] = {}
        exec(SPEC, spec)
        return {name: value for name, value in spec.items() if name.startswith("test_")}

    return followed


def test_the_guide_ends_in_a_true_sentence(follow: Follow) -> None:
    tests = follow(FAMILY)
    assert len(tests) == 2
    for test in tests.values():
        test()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("LOWER", "HIGHER"),  # the riskier side of the features
        (', BOTH, LOWER),\n        Feature("large', ', BOTH),\n        Feature("large'),  # neither side
    ],
)
def test_its_spec_catches_a_sentence_about_the_wrong_customer(follow: Follow, right: str, wrong: str) -> None:
    assert right in FAMILY
    tests = follow(FAMILY.replace(right, wrong))
    with pytest.raises(AssertionError, match="SMALLER_PACKS"):
        tests["test_who_buys_smaller_packs"]()


def test_the_files_and_tests_that_the_guide_names_exist() -> None:
    named = set(re.findall(r"`((?:src|conf|tests|docs|families)/[\w/.]+)`", GUIDE))
    named |= set(re.findall(r"tests/\w+/test_\w+\.py", GUIDE)) - {"tests/features/test_pack_size.py"}
    folders = (ROOT, ROOT / "src/holdfast/features")
    assert "conf/features/default.yaml" in named
    assert [
        name for name in named if "pack_size" not in name and not any((f / name).exists() for f in folders)
    ] == []
