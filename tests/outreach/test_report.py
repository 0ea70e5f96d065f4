"""The page and the terminal's table: complete, escaped, self-contained."""

import base64
import hashlib
import io
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from rich.console import Console

from holdfast.outreach.calls import first_calls
from holdfast.outreach.report import PLACES, render_report

EVIL = "</td></tr></table><script>alert('x')</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Tags with their attributes, and the text of each table row as cells."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.in_cell = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_the_page_reconciles(build):
    at_risk = build(
        [{"customer_id": f"{number:02d}"} for number in range(20)] + [{"customer_id": "x", "consent": False}],
        holdout_share=0.2,
        capacity=5,
    )
    counts = {row[0]: row[1] for row in Page(render_report(at_risk)).rows if len(row) == 2}
    assert {words: int(counts[words]) for words in PLACES.values()} == {
        words: at_risk.counts[name] for name, words in PLACES.items()
    }
    assert int(counts["Eligible"]) == 21 == sum(int(counts[words]) for words in PLACES.values())


def test_the_page_shows_the_list_in_order(build):
    rows = [{"customer_id": "b", "name": "Rich", "spend_per_day": 99, "owner": "Ana"}, {"customer_id": "a"}]
    page = Page(render_report(build(rows), currency="EUR"))
    header, first, second = page.rows[:3]
    assert header[:6] == ["Rank", "Customer", "Owner", "Churn", "At risk", "Net value"]
    assert first[:4] == ["1", "Rich b", "Ana", "50%"]
    assert first[4].startswith("4,950\N{NO-BREAK SPACE}EUR")
    assert second[1] == "a"
    assert "Renewal" not in header  # nobody has one


def test_names_cannot_break_out_of_the_page(build):
    fields = ["customer_id", "name", "owner", "segment", "country", "language", "reason_1"]
    plain = Page(render_report(build([dict.fromkeys(fields, "fine")])))
    html = render_report(build([dict.fromkeys(fields, EVIL)]))
    evil = Page(html)
    assert [tag for tag, _ in evil.tags] == [tag for tag, _ in plain.tags]
    assert "<img" not in html
    assert len(evil.named("script")) == 1


def test_a_quote_cannot_leave_its_attribute(build):
    page = Page(render_report(build([{"customer_id": "1", "name": '" onmouseover="alert(1)'}])))
    assert [attributes for _, attributes in page.tags if "onmouseover" in attributes] == []


def test_the_page_needs_and_allows_nothing_else(build):
    html = render_report(build([{"customer_id": "1"}]))
    page = Page(html)
    assert [tag for tag, _ in page.tags if tag in ("link", "img", "iframe", "object", "base")] == []
    assert [a for _, attributes in page.tags for a in attributes if a in ("src", "href", "style")] == []
    policy = next(meta["content"] for meta in page.named("meta") if "http-equiv" in meta) or ""
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_can_be_read_by_a_machine_that_reads_aloud(build):
    page = Page(render_report(build([{"customer_id": "1"}])))
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("h1")) == 1
    labelled = {label["for"] for label in page.named("label")}
    controls = [tag["id"] for name in ("input", "select") for tag in page.named(name)]
    assert set(controls) == labelled
    assert all("scope" in heading for heading in page.named("th"))


def test_what_left_the_list_is_said(build):
    previous = build([{"customer_id": "gone"}, {"customer_id": "here"}], as_of=date(2026, 7, 25)).listed
    page = Page(render_report(build([{"customer_id": "here"}], previous=previous)))
    assert ["gone", "No longer an active customer", "50%", ""] in page.rows


def test_no_certainties(build):
    rows = [
        {"customer_id": "a", "churn_probability": 0.999},
        {"customer_id": "b", "churn_probability": 0.001},
    ]
    page = Page(render_report(build(rows)))
    assert [row[2] for row in page.rows[1:3]] == ["> 99%", "< 1%"]


def spoken(at_risk, n: int = 10) -> str:
    terminal = io.StringIO()
    Console(file=terminal, width=160).print(first_calls(at_risk.listed, at_risk.as_of, n, currency="EUR"))
    return terminal.getvalue()


def test_first_calls_show_no_names_and_stop_at_n(build):
    rows = [
        {"customer_id": f"id-{number}", "name": "Secret", "spend_per_day": 9 - number} for number in range(5)
    ]
    text = spoken(build(rows), n=2)
    assert re.findall(r"id-\d", text) == ["id-0", "id-1"]
    assert "The first 2 to call, as of 2026-08-01" in text
    assert "450" in text
    assert "Secret" not in text


@pytest.mark.parametrize("hostile", ["[red]x[/red]", "\x1b[31mx", "[/]"])
def test_first_calls_cannot_be_steered_by_data(build, hostile):
    text = spoken(build([{"customer_id": hostile, "reason_1": hostile}]))
    assert text.count(hostile.replace("\x1b", " ")) == 2


def test_first_calls_of_nobody(build):
    assert "Nobody" in spoken(build([]))
