"""The page of a model: one file, nothing fetched, every value escaped, and what the card says in it."""

import base64
import copy
import hashlib
import re
from html.parser import HTMLParser

import pytest

from holdfast.reports.model import render_model_page

TEST = {
    "auc": 0.8312,
    "average_precision": 0.5971,
    "log_loss": 0.4294,
    "brier": 0.141,
    "ece": 0.0183,
    "top_decile_lift": 2.87,
    "rows": 24690,
    "churned": 5431,
    "base_rate": 0.21997,
}
CARD = {
    "version": "2017-12-17-3f9a1c",
    "as_of": "2017-12-17",
    "churned_means": "bought nothing in the outcome window",
    "grade": "B",
    "grade_text": "Useful: it ranks clearly better than the recency rule.",
    "metrics": {"test": TEST},
    "baselines": {"recency_rule": TEST | {"auc": 0.751, "log_loss": 0.4}},
    "intervals": {"test": {"auc": {"low": 0.8204, "high": 0.8411}}},
    "achievable_auc": 0.86,
    "gate": {"decision": "promoted", "reasons": ["beats the recency rule by 0.080 AUC"]},
    "timeline": {
        "horizon_days": 14,
        "gap_days": 3,
        "embargo_days": 17,
        "grid": [
            {"as_of": "2017-06-03", "role": "train", "rows": 2306, "churned": 406, "base_rate": 0.176},
            {"as_of": "2017-12-17", "role": "immature", "rows": 2400, "churned": None, "base_rate": None},
        ],
    },
    "rows": {"train": 14000, "test": 24690},
    "features": 214,
    "settings": {"source": {"name": "complete_journey"}, "threads": None},
    "data": {"transactions": {"read": 1469307, "accepted": 1460000, "rejected": 307, "out_of_scope": 9000}},
    "hashes": {"transactions": "ab" * 32},
    "warnings": ["only 3 training dates are mature"],
    "run_id": "6c02f5d6",
}
PICTURE = b"\x89PNG picture"
NEEDED = ("version", "as_of", "churned_means", "grade", "grade_text", "metrics", "gate")


class Page(HTMLParser):
    """What a reader and a browser find in a page."""

    def __init__(self, html):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def render(card, plots):
    html = render_model_page(card, plots).decode()
    return html, Page(html)


def test_page_says_what_the_card_says():
    _, page = render(CARD, {"gain": PICTURE, "age": PICTURE})

    for words in (
        "Grade B.",
        "Useful: it ranks clearly better",
        "It is the champion",
        "0.831",
        "0.820 to 0.841",
        "simulated ceiling 0.860 (demo company only)",
        "beats the recency rule by 0.080 AUC",
        "only 3 training dates are mature",
        "over the 14 days after each as-of date, which begin 3 days after it",
        "less than 17 days before",
        "1,469,307",
        "2017-06-03 train 2,306 406 18%",
        "2017-12-17 immature 2,400 – –",
        "holdfast train as_of=2017-12-17",
        "source.name complete_journey",
        "threads null",
        "ab" * 32,
    ):
        assert words in page.text
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert [image["src"] for image in images] == [
        "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    ] * 2
    assert all(image["alt"] for image in images)


def test_best_of_each_line_is_bold():
    html, _ = render(CARD, {})

    bold = re.findall(r'class="number[^"]*best">([\d.]+)', html)
    assert bold[0] == "0.831"  # more AUC is better: the model's
    assert "0.400" in bold  # less log loss is better: the rule's
    assert "0.751" not in bold
    assert "0.429" not in bold


def test_page_fetches_and_runs_nothing():
    html, page = render(CARD, {"gain": PICTURE})

    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert not [
        value for _, attributes in page.tags for value in attributes.values() if "//" in (value or "")
    ]
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy is not None
    assert "default-src 'none'" in policy
    assert f"'sha256-{digest}'" in policy  # else a browser would show the page unstyled
    assert not [attributes for _, attributes in page.tags if "style" in attributes]


def test_values_are_escaped():
    card = copy.deepcopy(CARD) | {"grade_text": "<script>alert(1)</script>", "warnings": ['"><img src=x>']}

    html, page = render(card, {})

    assert "<script" not in html
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert "<script>alert(1)</script>" in page.text


def test_page_of_a_bare_card_and_undefined_figures():
    card = {key: CARD[key] for key in NEEDED}
    card |= {
        "metrics": {"test": dict.fromkeys(TEST)},
        "grade": "C",
        "gate": {"decision": "kept", "reasons": []},
    }

    _, page = render(card, {})

    assert "Grade C." in page.text
    assert "The champion stays" in page.text
    assert "What it learned from" not in page.text
    assert "None" not in page.text
    assert "nan" not in page.text


@pytest.mark.parametrize("key", NEEDED)
def test_card_without_what_every_model_has_is_refused(key):
    card = {name: value for name, value in CARD.items() if name != key}

    with pytest.raises(KeyError, match=key):
        render_model_page(card, {})


def test_same_card_is_the_same_bytes():
    assert render(CARD, {})[0] == render(copy.deepcopy(CARD), {})[0]


def test_the_page_leads_with_how_early_the_lost_were_named():
    lead = {
        "lists": ["2026-01-05"], "since": "2026-02-04", "lost": 40, "chosen": 30, "in_time": 20,
        "median_days": 44.0, "value": 1000.0, "value_chosen": 800.0, "value_in_time": 700.0,
    }  # fmt: skip
    html = render_model_page({**CARD, "lead_time": lead, "money": {"currency": "EUR"}}, {}).decode()
    assert (
        "Of the 40 customers lost since 2026-02-04, lists of the test dates, as this model makes them, "
        "chose 75%, 50% at least 30 days before (median lead time of the chosen: 44 days). Of their value of "
        "1,000 EUR: 80% and 70%."
    ) in html
    first = html.index("lost later, listed 30 days before")
    assert first < html.index("of their value") < html.index("median lead time<") < html.index("<dt>AUC")
    assert "44 days" in html


def test_the_page_says_where_nothing_can_be_told_about_lead_time():
    html = render_model_page({**CARD, "lead_time": None}, {}).decode()
    assert "Lead time: nothing can be told yet." in html
    assert "listed 30 days before" not in html

    few = {"lists": ["2026-01-05"], "since": "2026-02-04", "lost": 2, "chosen": 2, "in_time": 2,
           "median_days": 32.0, "value": 5.0, "value_chosen": 5.0, "value_in_time": 5.0}  # fmt: skip
    html = render_model_page({**CARD, "lead_time": few}, {}).decode()
    assert "nothing can be told yet. Few customers were lost since 2026-02-04 (2)." in html
    assert "listed 30 days before" not in html
