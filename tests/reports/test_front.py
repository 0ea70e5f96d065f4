"""The front page: what it says of the base, the state of every page, and what it does with damaged files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.pages.company import words

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.pages import front_page, list_pages, pages_of
from holdfast.files import point_link
from holdfast.reports.front import update_front_page

HOSTILE = "<img src=x onerror=alert(1)>"
BASE = {
    "active": 1200, "at_risk": 300, "expected_churn": 410.4,
    "at_risk_value": 9000.0, "value_at_risk": 20_000.0,
    "lost": {"since": "2026-04-04", "customers": 17, "value": 1234.0},
    "groups": {
        "owner": {
            "groups": [{"name": HOSTILE, "active": 9, "at_risk": 3, "value_at_risk": 70.0}],
            "others": {"name": 4, "active": 8, "at_risk": 2, "value_at_risk": 9.0}, "unknown": None,
        },
        "segment": {"groups": [], "others": None, "unknown": None},
        "reason": {
            "groups": [{"name": "LONG_SILENCE", "active": 5, "at_risk": 5, "value_at_risk": 50.0}],
            "others": None, "unknown": {"active": 1195, "at_risk": 295, "value_at_risk": 19_950.0},
        },
    },
}  # fmt: skip
SETTINGS = {
    "source.currency": "EUR",
    "page_words": words().model_dump(mode="json"),
    "language": "en",
}


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """A root with nothing in it."""
    return Root(tmp_path, "shop")


def leave(folder: Path, page: bool = True, **manifest: Any) -> Path:
    """An artifact's folder with a manifest and a page."""
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if page:
        (folder / "report.html").write_text("<h1>A page</h1>", encoding="utf-8")
    return folder


def publish(root: Root, date: str, run: str, *, link: bool = True, log: bool = True, **manifest: Any) -> None:
    """A list, published or set aside."""
    about: dict[str, Any] = {"as_of": date, "base": BASE, "settings": SETTINGS, "counts": {"listed": 200}}
    about |= {"outcome_window_end": "2026-07-01"} | manifest
    lists = root.data / "at_risk"
    folder = leave(lists / ".runs" / run, **about)
    if log:
        with (lists / "published.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"as_of": date, "run_id": run}) + "\n")
    if link:
        point_link(lists / date, folder)


def update(root: Root, language: str = "en") -> None:
    """Write the front page, as a command in this language does."""
    update_front_page(root, words(language), language)


def text_of(root: Root) -> str:
    """What a person reads on the page, on one line."""
    page = front_page(root).read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", " ", page[page.index("<body") :])
    return " ".join(text.replace("\N{WORD JOINER}", "").split())


def test_the_base_is_all_active_customers(root):
    publish(root, "2026-05-04", "b")
    update(root)
    text = text_of(root)
    assert "Active customers 1,200 410 of them expected to churn by 2026-06-30" in text
    assert "At risk 300 25% of active customers; churn probability of 50% or more" in text
    assert "Revenue at risk 20,000 EUR 9,000 EUR of it with customers at risk" in text
    assert "Lost in 30 days 17 left or lapsed after 2026-04-04; worth 1,234 EUR" in text
    assert "Kept by contacting cannot be told no outcomes measured yet" in text
    assert "Time since the last purchase 5 5 50 EUR" in text
    assert (
        "no driver computed: neither on the list nor among the customers most at risk 1,195 295 19,950 EUR"
        in text
    )
    assert "4 others 8 2 9 EUR" in text
    assert "<img" not in front_page(root).read_text(encoding="utf-8")


def test_each_list_says_what_became_of_it(root):
    publish(root, "2026-05-04", "old", link=False)
    publish(root, "2026-05-04", "new")
    publish(root, "2026-06-01", "refused", link=False, log=False)
    publish(root, "2026-04-06", "gone", link=False)
    states = {(page.date, page.link): page.state.code for page in list_pages(root)}
    assert states == {
        ("2026-06-01", "at_risk/.runs/refused/report.html"): "set aside",
        ("2026-05-04", "at_risk/2026-05-04/report.html"): "published",
        ("2026-05-04", "at_risk/.runs/old/report.html"): "replaced",
        ("2026-04-06", "at_risk/.runs/gone/report.html"): "withdrawn",
    }
    assert [page.date for page in list_pages(root)] == [
        "2026-06-01",
        "2026-05-04",
        "2026-05-04",
        "2026-04-06",
    ]


def test_a_model_says_grade_decision_and_whether_it_is_in_use(root):
    for version, decision in (("2026-01-01-a", "promoted"), ("2026-02-01-b", "kept")):
        folder = leave(root.path / "models" / version, gate={"decision": decision})
        (folder / "card.json").write_text('{"grade": "B"}', encoding="utf-8")
    point_link(root.path / "models" / "champion", root.path / "models" / "2026-01-01-a")
    pages = pages_of(root, "Models")
    assert [page.state for page in pages] == [("kept", {"grade": "B"}), ("promoted, in use", {"grade": "B"})]
    assert pages[0].link == "../models/2026-02-01-b/report.html"


@pytest.mark.parametrize(
    ("effect", "verdict", "said"),
    [
        ({"low": 0.02, "high": 0.11}, "helped", "2.0% to 11% of the customers on the list of"),
        ({"low": None, "high": None}, "not worked", "cannot be told the list of 2026-02-02: those"),
        ({"low": -0.02, "high": 0.11}, "too early to tell", "cannot be told the list of 2026-02-02: the di"),
        ({"low": -0.2, "high": -0.1}, "harmed", "none the list of 2026-02-02: contacting did harm"),
    ],
)  # fmt: skip
def test_saved_is_stated_only_where_the_outcomes_carry_it(root, effect, verdict, said):
    publish(root, "2026-05-04", "b")
    folder = leave(root.data / "outcomes" / "2026-02-02", verdict=verdict, list_date="2026-02-02")
    content = {"effect": {"saved": effect}, "verdict": verdict, "lists": ["2026-02-02"]}
    content |= {"known_until": "2026-05-04", "groups": [], "currency": None}
    (folder / "outcomes.json").write_text(json.dumps(content))
    update(root)
    assert f"Kept by contacting {said}" in text_of(root)


def test_damaged_and_old_files_are_named_and_the_page_still_comes(root):
    publish(root, "2026-05-04", "b", base=None)
    leave(root.data / "monitor" / "2026-05-04")
    (root.data / "monitor" / "2026-05-04" / "manifest.json").write_text("{", encoding="utf-8")
    leave(root.data / "audit" / "2026-05-04", page=False, counts=[])
    (root.data / "outcomes" / "2026-02-02").mkdir(parents=True)
    leave(root.path / "models" / "2026-01-01-a", gate={"decision": "kept"})
    (root.data / "at_risk" / "published.jsonl").write_text("no JSON\n", encoding="utf-8")
    update(root)
    text = text_of(root)
    assert "It cannot be read" in text
    assert "2026-05-04 cannot be read: a JSON file in 2026-05-04 is damaged" in text
    assert "2026-05-04 (no page) cannot be read: 2026-05-04 was written by another version" in text
    assert "2026-02-02 (no page) cannot be read: manifest.json is missing or closed" in text
    assert "2026-01-01-a cannot be read: card.json is missing or closed" in text


def test_a_base_that_lacks_figures_is_said_to_be_unreadable(root):
    publish(root, "2026-05-04", "b", base={"active": 3})
    update(root)
    assert "It cannot be read" in text_of(root)
    assert "2026-05-04 published" in text_of(root)


def test_it_is_written_only_when_something_changed(root):
    update(root)
    assert not front_page(root).exists()  # nothing to link to
    publish(root, "2026-05-04", "b")
    update(root)
    written = front_page(root).stat().st_ino
    update(root)
    assert front_page(root).stat().st_ino == written
    leave(root.data / "monitor" / "2026-05-04", verdict="watch")
    update(root)
    assert front_page(root).stat().st_ino != written
    assert "2026-05-04 watch" in text_of(root)
    assert not [path for path in root.data.iterdir() if path.name.endswith(".tmp")]


def test_a_retention_page_is_linked_as_soon_as_it_exists(root):
    leave(root.data / "retention" / "2026-05-04", last_rates={"retention_rate": 0.951, "churn_rate": 0.049})
    update(root)
    assert 'href="retention/2026-05-04/report.html"' in front_page(root).read_text(encoding="utf-8")
    assert "2026-05-04 retention rate 95.1%" in text_of(root)


def test_the_trend_is_a_chart_and_a_table(root):
    for month, value in (("2026-03-02", 100.0), ("2026-04-06", 200.0)):
        publish(root, month, month, base=BASE | {"value_at_risk": value})
    update(root)
    page = front_page(root).read_text(encoding="utf-8")
    assert re.findall(r'height="([\d.]+)"><title>([\d-]+)', page) == [
        ("60.0", "2026-03-02"),
        ("120.0", "2026-04-06"),
    ]
    assert "2026-04-06 1,200 300 25% 200 EUR 17 2026-03-02 1,200 300 25% 100 EUR 17" in text_of(root)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("el", "Ενεργοί πελάτες 1.200 αναμένεται να φύγουν 410 έως και τις 2026-06-30"),
        ("lt", "Aktyvūs klientai 1 200 tikėtina, kad iki 2026-06-30 imtinai išeis: 410"),
        ("fa", "مشتریان فعال 1,200 انتظار می‌رود \u2068410\u2069 نفر تا پایان"),
    ],
)
def test_it_speaks_the_language_of_the_last_list(root, language, said):
    own = {"page_words": words(language).model_dump(mode="json"), "language": language}
    publish(root, "2026-05-04", "b", settings=SETTINGS | own)
    update(root, "en")
    assert said in text_of(root)
    page = front_page(root).read_text(encoding="utf-8")
    assert f'<html lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}">' in page


def test_without_words_of_a_list_it_speaks_the_language_of_the_command(root):
    publish(root, "2026-05-04", "b", settings={"source.currency": "EUR"})
    update(root, "el")
    assert "Ενεργοί πελάτες 1.200" in text_of(root)


def test_an_unknown_state_is_not_passed_on(root):
    leave(root.data / "monitor" / "2026-05-04", verdict="splendid")
    update(root)
    assert "2026-05-04 cannot be read: 2026-05-04 was written by another version" in text_of(root)
