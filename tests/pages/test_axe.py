"""Accessibility rules of axe-core over every kind of page: light, dark, right to left, on a phone.

axe-core is no part of the repository: `npm ci --prefix tests/pages` fetches the version of package-lock.json.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.tutorial import run, tutorial

__all__ = ["tutorial"]  # the fixture

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SCORED = "2026-05-04"
PAGES = {
    "front": "data/index.html",
    "list": f"data/at_risk/{SCORED}/report.html",
    "model": "models/champion/report.html",
    "outcomes": "data/outcomes/2026-04-06/report.html",
    "monitor": f"data/monitor/{SCORED}/report.html",
    "audit": "data/audit/2026-04-06/report.html",
    "validation": "data/validated/demo/report.html",
    "retention": "data/retention/*/report.html",
}
LOOKS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
RUN = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',
  'wcag22aa', 'best-practice'], resultTypes: ['violations']})).violations.map((rule) =>
  `${rule.id}: ${rule.help}: ` + rule.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | '))"""


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.is_file():
        reason = f"there is no axe-core on this machine: npm ci --prefix tests/{AXE.parents[2].name}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def violations(browser: Any, axe: str) -> Iterator[Callable[..., list[str]]]:
    """`violations(page, **look)`: the rules that a page breaks, with everything on it opened."""
    contexts = []

    def look(path: Path, **options: Any) -> list[str]:
        context = browser.new_context(bypass_csp=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true })")
        page.evaluate(
            "[...document.querySelectorAll('button.open')].slice(0, 3).forEach((one) => one.click())"
        )
        page.evaluate(axe)
        broken: list[str] = page.evaluate(RUN)
        return broken

    yield look
    for context in contexts:
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("kind", PAGES)
def test_no_rule_is_broken(
    kind: str, look: str, tutorial: Path, violations: Callable[..., list[str]]
) -> None:
    (path,) = tutorial.glob(PAGES[kind])
    assert violations(path, **LOOKS[look]) == []


@pytest.mark.slow
def test_no_rule_is_broken_in_persian(
    tutorial: Path, violations: Callable[..., list[str]], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    shutil.copytree(tutorial, root, symlinks=True)
    run(["score", f"paths.root={root}", f"as_of={SCORED}", "experiment=quick", "language=fa"])
    for kind in ("front", "list"):
        for look in LOOKS.values():
            assert violations(root / PAGES[kind], **look) == [], kind


def test_a_broken_rule_is_found(violations: Callable[..., list[str]], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><html><title>A</title><main><h1>A</h1><img src=x></main>")
    assert {rule.partition(":")[0] for rule in violations(page)} == {"html-has-lang", "image-alt"}
