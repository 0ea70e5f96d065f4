"""The front page, data/index.html: the customer base first, then the last list, then every other page."""

import hashlib
import logging
from pathlib import Path

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.pages import (
    SHELVES,
    UNREADABLE,
    LinkedPage,
    front_page,
    list_pages,
    pages_of,
    states_digest,
)
from holdfast.files import hash_json, write_bytes
from holdfast.outreach.page.front_words import Shelf
from holdfast.outreach.page.words import PageWords
from holdfast.reports.front_parts import TREND, Front

FOLDER = Path(__file__).parent
CODE = ("front.py", "front_parts.py", "front.html.j2", "page.css")
# Kinds of pages that say why to trust a list.
TRUST: tuple[Shelf, ...] = ("Outcomes", "Models", "Monitoring", "Audits", "Data")

logger = logging.getLogger("holdfast")


def update_front_page(root: Root, words: PageWords, language: str) -> None:
    """Write the front page if a page or its state has changed since the last time.

    A page that cannot be written is warned of; the command goes on.

    Args:
        words, language: of the command; the last list's own come first.
    """
    page = front_page(root)
    code = b"".join((FOLDER / name).read_bytes() for name in CODE)
    watched = states_digest(root).encode() + code + hash_json([language, words.model_dump()]).encode()
    state = hashlib.sha256(watched).hexdigest()
    try:
        if page.is_file() and state.encode() in page.read_bytes()[:2000]:
            return
        content = render_front(root, state, words, language)
        if content is not None:
            write_bytes(page, content)
    except UNREADABLE as error:
        logger.warning("the front page %s was not written: %s", page, type(error).__name__)


def render_front(root: Root, state: str, words: PageWords, language: str) -> bytes | None:
    """The front page; None if no page exists that it could link to."""
    from holdfast.reports.page import render_page  # Jinja is imported only when something changed

    lists = list_pages(root)
    shelves = {kind: pages_of(root, kind) for kind in SHELVES}
    if not lists and not any(shelves.values()):
        return None
    published = [page for page in lists if page.current]
    last = published[0] if published else None
    front = Front(root, *_words_of(last, words, language))
    values = {
        "state": state,
        "title": front.words.fill(front.words.front.title, source=root.source),
        "base": front.or_problem(lambda: front.base(last)),
        "saved": front.or_problem(front.saved),
        "trend": front.or_problem(lambda: front.trend(published[:TREND])),
        "last": None if last is None else front.row(last),
        "lists": front.shelf(lists),
        "retention": front.shelf(shelves["Retention"]),
        "shelves": [
            (*front.words.front.shelves[kind], front.shelf(shelves[kind])) for kind in TRUST if shelves[kind]
        ],
    }
    shown = {"lang": front.language, "direction": front.words.direction}
    return render_page("front.html.j2", {"front": values, "words": front.words.front, **shown})


def _words_of(last: LinkedPage | None, words: PageWords, language: str) -> tuple[PageWords, str]:
    """Words and language of the last list; those of the command if it has none for this page."""
    if last is None:
        return words, language
    try:
        settings = last.manifest["settings"]
        return PageWords.model_validate(settings["page_words"]), str(settings["language"])
    except UNREADABLE:  # its manifest is damaged; pydantic's error is a ValueError
        return words, language
