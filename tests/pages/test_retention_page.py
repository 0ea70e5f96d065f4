"""The retention page in a real browser: it fits, can be read by everybody, and loads nothing."""

from pathlib import Path

import pytest
from tests.retention.company import SHOP, SUBSCRIBERS, build_company, report_folder

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
UNLABELLED = """() => [
  ...[...document.images].filter((image) => !image.alt).map(() => 'a picture without words'),
  ...[...document.querySelectorAll('table')].filter((table) => !table.caption).map(() => 'a table'),
  ...[...document.querySelectorAll('th')].filter((head) => !head.scope).map((head) => head.textContent),
  ...[...document.querySelectorAll('.scroll')].filter((part) => part.tabIndex !== 0 || !part.ariaLabel)
    .map(() => 'a part that scrolls but cannot be reached by keyboard'),
  ...[...document.querySelectorAll('h2, h3')].filter((head, at, all) => head.tagName === 'H3'
    && !all.slice(0, at).some((other) => other.tagName === 'H2')).map((head) => head.textContent),
]"""


@pytest.fixture(scope="module", params=["retention-shop", "retention-subscribers"])
def report(request, built_once):
    words = SHOP if request.param == "retention-shop" else SUBSCRIBERS
    return report_folder(built_once(request.param, lambda root: build_company(root, *words))) / "report.html"


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_and_can_be_read_by_everybody(browser, report, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, complaints, asked = context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.locator("h1").count() == page.locator("main").count() == 1
    assert complaints == []
    assert {url for url in asked if not url.startswith("data:")} == {report.as_uri()}
    context.close()
