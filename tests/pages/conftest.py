"""A real browser for the list's page: Chromium as the system has it, driven by Playwright."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pages.company import make_list, page_of

from holdfast.outreach.page.render import render_report

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
PATIENCE = 60_000  # milliseconds; a busy machine is no fault of the page

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of a worker."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine; on Debian: apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        # without the sandbox it starts as root too, as in a container; it only ever opens our own page
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """`opened(size, language="en", width=1280, **columns)` → the page of such a list, without complaints."""
    complaints: list[str] = []
    asked: list[str] = []
    contexts = []

    def open_page(
        size: int, language: str = "en", *, width: int = 1280, scripts: bool = True,
        passed: dict[str, str] | None = None, win_back: Any = None, address: str = "", **columns: Any,
    ) -> Any:  # fmt: skip
        at_risk = make_list(size, **columns)
        path = tmp_path / "report.html"
        content = page_of(at_risk, language)
        if passed is not None:
            rows = at_risk.listed[["customer_id"]].assign(**passed)
            content = dataclasses.replace(content, passed=rows)
        text = render_report(at_risk, content, "0123456789ab", win_back=win_back)
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.split("#")[0] for url in asked} <= {
        (tmp_path / "report.html").as_uri()
    }  # nothing else was ever loaded
