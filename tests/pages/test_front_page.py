"""The front page in a real browser: its width, the contrast of its texts, and its links there and back."""

from pathlib import Path

import pytest
from tests.pages.company import words
from tests.reports.test_front import BASE, SETTINGS, leave, publish, update

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.pages import front_page

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """A root with three lists and a check that says watch."""
    root = Root(tmp_path, "shop")
    for date, value in (("2026-03-02", 1e6), ("2026-04-06", 2e6), ("2026-05-04", 3_072_200.0)):
        publish(root, date, date, base=BASE | {"value_at_risk": value})
    publish(root, "2026-06-01", "refused", link=False, log=False)
    leave(root.data / "monitor" / "2026-05-04", verdict="watch")
    update(root)
    return root


@pytest.mark.parametrize("language", ["en", "el", "lt", "fa"])
@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")]
)
def test_it_fits_and_every_text_stands_out(browser, root, width, scheme, language):
    own = {"page_words": words(language).model_dump(mode="json"), "language": language}
    publish(root, "2026-06-15", "last", settings=SETTINGS | own)
    update(root)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(front_page(root).as_uri())
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = "[...document.querySelectorAll('.figures div')].every(box => box.scrollWidth <= box.clientWidth)"
    assert page.evaluate(boxes)
    assert page.evaluate("document.querySelectorAll('main h2').length") >= 4
    assert complaints == []
    page.close()


def test_every_link_leads_to_a_page(browser, root):
    page = browser.new_page()
    page.goto(front_page(root).as_uri())
    links = page.evaluate("[...document.querySelectorAll('a')].map(link => link.href)")
    assert len(links) == 6  # the last list is linked twice
    for link in links:
        page.goto(link)
        assert page.locator("h1").text_content() == "A page"
    page.close()
