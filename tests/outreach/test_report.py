"""The page and the terminal's table: complete, escaped, self-contained."""

import base64
import dataclasses
import hashlib
import io
import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from holdfast.outreach.calls import first_calls
from holdfast.outreach.page.history import History
from holdfast.outreach.page.island import to_json
from holdfast.outreach.page.render import WITHOUT_SCRIPT, render_report
from holdfast.outreach.page.waterfall import Waterfall

EVIL = "</td></tr></table></script><!--<script>alert('x')</script><img src=x onerror=alert(1)>]]>\u2028&lt;"


class Html(HTMLParser):
    """Tags with their attributes, the text of each table row as cells, and the data of the script."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.in_cell = False
        self.feed(html)
        island = re.search(r'<script type="application/json" id="island">(.*?)</script>', html, re.DOTALL)
        assert island is not None
        self.island: dict[str, Any] = json.loads(island[1])

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


def test_the_page_reconciles(build, page):
    at_risk = build(
        [{"customer_id": f"{number:02d}"} for number in range(20)] + [{"customer_id": "x", "consent": False}],
        holdout_share=0.2,
        capacity=5,
    )
    counts = {row[0]: row[1] for row in Html(render_report(at_risk, page, "run-1")).rows if len(row) == 2}
    places = page.words.places
    assert {words: int(counts[words]) for words in places.values()} == {
        words: at_risk.counts[name] for name, words in places.items()
    }
    assert int(counts["Eligible"]) == 21 == sum(int(counts[words]) for words in places.values())


def test_the_list_is_given_to_the_script_in_order(build, page):
    rows = [{"customer_id": "b", "name": "Rich", "spend_per_day": 99, "owner": "Ana"}, {"customer_id": "a"}]
    columns = Html(render_report(build(rows), page, "run-1")).island["columns"]
    assert columns["customer_id"] == ["b", "a"]
    assert columns["name"] == ["Rich", None]
    assert columns["owner"] == {"levels": ["Ana"], "places": [0, -1]}
    assert columns["value_at_risk"] == [4950, 500]
    assert "renewal_date" not in columns  # nobody has one


def test_each_reason_is_told_once_and_found_again(build, page):
    rows = [
        {"customer_id": "1", "reason_1": "A", "reason_2": "B", "reason_2_code": "MANY_TICKETS"},
        {"customer_id": "2", "reason_1": "B", "reason_1_code": "MANY_TICKETS", "spend_per_day": 1},
    ]
    reasons = Html(render_report(build(rows), page, "run-1")).island["reasons"]
    texts, codes = reasons["texts"], reasons["codes"]
    told = [
        [(texts[text], codes[code]) for text, code in zip(*of, strict=True) if text >= 0]
        for of in reasons["of"]
    ]
    assert told == [[("A", "LONG_SILENCE"), ("B", "MANY_TICKETS")], [("B", "MANY_TICKETS")]]


def test_without_a_script_the_first_customers_are_there(build, page):
    rows = [{"customer_id": f"{number:03d}", "name": f"Name {number}"} for number in range(150)]
    html = render_report(build(rows), page, "run-1")
    parsed = Html(html)
    shown = [row for row in parsed.rows if len(row) == 6][1:]
    assert len(shown) == WITHOUT_SCRIPT == html.count("<strong><bdi>Name ")
    assert shown[0][:4] == ["1", "Name 0 000", "50%", "500\N{NO-BREAK SPACE}EUR".replace("500", "500.00")]
    assert "at_risk.csv" in html.partition("<noscript>")[2].partition("</noscript>")[0]


@pytest.mark.parametrize("evil", [EVIL, '" onmouseover="alert(1)', "{{ 7 * 7 }}", "\x00\x1b\u202e\\u003c"])
def test_names_cannot_break_out_of_the_page(build, page, evil):
    fields = ["customer_id", "name", "owner", "segment", "country", "language", "reason_1"]
    plain = Html(render_report(build([dict.fromkeys(fields, "fine")]), page, "run-1"))
    html = render_report(build([dict.fromkeys(fields, evil)]), page, "run-1")
    parsed = Html(html)
    assert parsed.tags[: len(plain.tags)] != []
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in plain.tags]
    assert [attributes for _, attributes in parsed.tags if "onmouseover" in attributes] == []
    assert "<img" not in html
    assert html.count("</script>") == 2
    assert parsed.island["columns"]["name"] == [evil]


@given(st.text())
def test_any_text_stays_within_the_island(text):
    written = to_json({text: [text]})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {text: [text]}


def test_the_page_needs_and_allows_nothing_else(build, page):
    html = render_report(build([{"customer_id": "1"}]), page, "run-1")
    parsed = Html(html)
    assert [tag for tag, _ in parsed.tags if tag in ("link", "img", "iframe", "object", "base")] == []
    addresses = [
        (a, value)
        for _, given in parsed.tags
        for a, value in dict(given).items()
        if a in ("src", "href", "style")
    ]
    assert addresses == [("href", "../../index.html")]  # the front page
    policy = next(meta["content"] for meta in parsed.named("meta") if "http-equiv" in meta) or ""
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_can_be_read_by_a_machine_that_reads_aloud(build, page):
    parsed = Html(render_report(build([{"customer_id": "1"}]), page, "run-1"))
    assert parsed.named("html") == [{"lang": "en", "dir": "ltr"}]
    assert len(parsed.named("h1")) == 1
    labelled = {label["for"] for label in parsed.named("label")}
    controls = [tag["id"] for name in ("input", "select") for tag in parsed.named(name)]
    assert set(controls) == labelled
    assert all("scope" in heading for heading in parsed.named("th"))


def test_what_left_the_list_is_said_but_never_who_is_held_out(build, page):
    rows = [{"customer_id": f"gone-{number:02d}"} for number in range(30)]
    previous = build([*rows, {"customer_id": "away"}], as_of=date(2026, 7, 25)).listed
    at_risk = build(rows, previous=previous, holdout_share=0.5)
    held = set(at_risk.held_out["customer_id"])
    html = render_report(at_risk, page, "run-1")
    assert held
    assert [name for name in held if name in html] == []
    assert Html(html).island["left"] == [["away", None, "No longer an active customer", 0.5, None]]


def test_histories_and_waterfalls_of_the_held_out_stay_away(build, page):
    at_risk = build([{"customer_id": f"one-{number:02d}"} for number in range(30)], holdout_share=0.3)
    everyone = [f"one-{number:02d}" for number in range(30)]
    start, added = np.full(30, 0.0), np.arange(60.0).reshape(30, 2)
    told = dataclasses.replace(
        page,
        waterfall=Waterfall(tuple(everyone), start, ("FEWER_ORDERS", "PROFILE"), added),
        history=History((date(2026, 7, 1),), (True,), np.full((1, len(at_risk.listed)), 0.25)),
        actionable=frozenset({"FEWER_ORDERS"}),
    )
    html = render_report(at_risk, told, "run-1")
    island = Html(html).island
    assert len(at_risk.held_out) > 0
    assert set(re.findall(r"one-\d\d", html)) == set(at_risk.listed["customer_id"])
    assert len(island["waterfall"]["steps"]) == len(at_risk.listed)
    assert [len(known) for known in island["history"]["probabilities"]] == [len(at_risk.listed)]
    assert island["waterfall"]["labels"] == ["Number of orders", "Customer profile"]
    assert island["waterfall"]["background"] == [False, True]


def test_no_certainties(build, page):
    rows = [
        {"customer_id": "a", "churn_probability": 0.999},
        {"customer_id": "b", "churn_probability": 0.001},
    ]
    parsed = Html(render_report(build(rows), page, "run-1"))
    assert [row[2] for row in parsed.rows if len(row) == 6][1:] == ["> 99%", "< 1%"]


def spoken(at_risk, n: int = 10) -> str:
    terminal, rows = io.StringIO(), at_risk.listed.head(n).to_dict("records")
    Console(file=terminal, width=160).print(first_calls(rows, at_risk.as_of, currency="EUR"))
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
