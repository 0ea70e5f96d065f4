"""The front page, data/index.html: the customer base first, then the last list, then every other page."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.pages import (
    SHELVES,
    UNREADABLE,
    LinkedPage,
    front_page,
    list_pages,
    pages_of,
    saved,
    states_digest,
)
from holdfast.files import write_bytes
from holdfast.reports.words import NOTHING, count, share

FOLDER = Path(__file__).parent
TREND, SHOWN = 24, 10  # lists in the chart; pages of a kind that are shown at once
WIDTH, HEIGHT = 720, 120  # of the chart
WHY = {
    "no hold-out": "there was no random control group to compare with",
    "made afterwards": "the list was published after its outcome window had begun",
    "not worked": "the list was not worked",
}
TONES = dict.fromkeys(("cannot", "set aside", "withdrawn", "retrain", "fix", "harmed"), "c") | {"watch": "b"}
ABOUT = {
    "Outcomes": "what became of earlier lists, and whether contacting helped",
    "Models": "figures on the test, and why a model was promoted or kept",
    "Monitoring": "whether the model still holds",
    "Audits": "whether a feature sees the future",
    "Data": "what became of every raw row",
}

logger = logging.getLogger("holdfast")


def update_front_page(root: Root) -> None:
    """Write the front page if a page or its state has changed since the last time.

    A page that cannot be written is warned of; the command goes on.
    """
    page = front_page(root)
    code = b"".join((FOLDER / name).read_bytes() for name in ("front.py", "front.html.j2", "page.css"))
    state = hashlib.sha256(states_digest(root).encode() + code).hexdigest()
    try:
        if page.is_file() and state.encode() in page.read_bytes()[:2000]:
            return
        content = render_front(root, state)
        if content is not None:
            write_bytes(page, content)
    except UNREADABLE as error:
        logger.warning("the front page %s was not written: %s", page, type(error).__name__)


def render_front(root: Root, state: str) -> bytes | None:
    """The front page; None if no page exists that it could link to."""
    from holdfast.reports.page import render_page  # Jinja is imported only when something changed

    lists = list_pages(root)
    shelves = {heading: pages_of(root, heading) for heading in SHELVES}
    if not lists and not any(shelves.values()):
        return None
    published = [page for page in lists if page.current]
    last = published[0] if published else None
    values = {
        "source": root.source,
        "state": state,
        "base": _or_problem(_base, last),
        "saved": _or_problem(_saved, saved(root)),
        "trend": _or_problem(_trend, published[:TREND]),
        "last": None if last is None else _row(last),
        "lists": _shelf(lists),
        "retention": _shelf(shelves["Retention"]),
        "shelves": [(name, about, _shelf(shelves[name])) for name, about in ABOUT.items() if shelves[name]],
    }
    return render_page("front.html.j2", {"front": values})


def _or_problem(describe: Callable[[Any], dict[str, Any]], found: Any) -> dict[str, Any]:
    try:
        return {"problem": "", "as_of": "", **describe(found)}
    except UNREADABLE as error:
        logger.debug("the front page leaves a part out: %s", type(error).__name__)
        return {
            "as_of": "",
            "problem": "It cannot be read: another version of Holdfast wrote it, or the file is damaged.",
        }


# --- the customer base ------------------------------------------------------------------------------


def _base(page: LinkedPage | None) -> dict[str, Any]:
    """The figures of all eligible customers on the date of the last list, and by group."""
    if page is None:
        return {"problem": "No list is published yet: run holdfast score."}
    base = page.manifest.get("base")
    if base is None:
        return {"problem": "The last list was made by an earlier version of Holdfast: score again."}
    settings = page.manifest["settings"]
    money = _money(settings["source.currency"])
    labels = {"reason": settings["page_words"]["labels"]}
    unknown = {"reason": "not on the list: no driver computed"}
    groups = [
        {
            "title": title,
            "rows": list(_group_rows(base["groups"][name], labels.get(name, {}), unknown.get(name), money)),
        }
        for name, title in (("reason", "Main risk driver"), ("owner", "Owner"), ("segment", "Segment"))
        if base["groups"][name]["groups"]
    ]
    lost = base["lost"]
    return {
        "as_of": page.date,
        "active": count(base["active"]),
        "at_risk": count(base["at_risk"]),
        "at_risk_share": share(base["at_risk"] / base["active"] if base["active"] else None),
        "expected": count(base["expected_churn"]),
        "at_risk_value": money(base["at_risk_value"]),
        "value_at_risk": money(base["value_at_risk"]),
        "lost": None
        if lost is None
        else {"customers": count(lost["customers"]), "value": money(lost["value"]), "since": lost["since"]},
        "groups": groups,
    }


def _group_rows(
    group: Mapping[str, Any], labels: Mapping[str, str], unknown: str | None, money: Callable[[Any], str]
) -> Iterator[dict[str, str]]:
    named = [(labels.get(row["name"], row["name"]), row) for row in group["groups"]]
    if group["others"] is not None:
        named.append((f"{count(group['others']['name'])} others", group["others"]))
    if group["unknown"] is not None:
        named.append((unknown or "not known", group["unknown"]))
    for name, row in named:
        figures = {key: count(row[key]) for key in ("active", "at_risk")}
        yield {"name": name, **figures, "value_at_risk": money(row["value_at_risk"])}


def _saved(found: tuple[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """What contacting saved, if the last outcomes carry it."""
    if found is None:
        return {"value": "cannot be told", "note": "no outcomes measured yet: run holdfast outcomes"}
    list_date, content = found
    effect = content["effect"]["saved"]
    of = "all lists" if list_date == "all" else f"the list of {list_date}"
    if content["verdict"] != "helped" or effect["low"] is None:
        why = WHY.get(content["verdict"], "the difference to the control group may be chance")
        if content["verdict"] == "harmed":
            return {"value": "none", "note": f"{of}: contacting did harm"}
        return {"value": "cannot be told", "note": f"{of}: {why}"}
    return {
        "value": f"{share(effect['low'])} to {share(effect['high'])}",
        "note": f"of the customers on {of} (95% interval)",
    }


def _money(currency: str | None) -> Callable[[Any], str]:
    return lambda amount: count(amount) + (f"\N{NO-BREAK SPACE}{currency}" if currency else "")


# --- the trend --------------------------------------------------------------------------------------


def _trend(published: Sequence[LinkedPage]) -> dict[str, Any]:
    """Value at risk and customers at risk on the date of each list, as bars and as a table."""
    known = [(page.date, page.manifest["base"]) for page in reversed(published) if page.manifest.get("base")]
    top = max((base["value_at_risk"] for _, base in known), default=0) or 1
    step = WIDTH / max(len(known), 6)
    currency = published[0].manifest["settings"].get("source.currency") if known else None
    money = _money(currency)
    bars = [
        {
            "x": round(place * step + step * 0.15, 1),
            "width": round(step * 0.7, 1),
            "y": round(HEIGHT * (1 - base["value_at_risk"] / top), 1),
            "height": round(HEIGHT * base["value_at_risk"] / top, 1),
            "title": f"{date}: {money(base['value_at_risk'])}",
        }
        for place, (date, base) in enumerate(known)
    ]
    rows = [
        {
            "date": date,
            "active": count(base["active"]),
            "at_risk": count(base["at_risk"]),
            "share": share(base["at_risk"] / base["active"] if base["active"] else None),
            "value_at_risk": money(base["value_at_risk"]),
            "lost": NOTHING if base["lost"] is None else count(base["lost"]["customers"]),
        }
        for date, base in reversed(known)
    ]
    return {
        "bars": bars,
        "rows": rows,
        "width": WIDTH,
        "height": HEIGHT,
        "without": len(published) - len(known),
    }


# --- the pages --------------------------------------------------------------------------------------


def _shelf(pages: Sequence[LinkedPage]) -> dict[str, Any]:
    rows = [_row(page) for page in pages]
    return {"first": rows[:SHOWN], "earlier": rows[SHOWN:]}


def _row(page: LinkedPage) -> dict[str, Any]:
    tone = next((tone for word, tone in TONES.items() if page.state.startswith(word)), "")
    counts = page.manifest.get("counts")
    listed = counts.get("listed") if isinstance(counts, dict) else None
    note = "" if listed is None else f"{count(listed)} customers"
    return {"date": page.date, "link": page.link, "state": page.state, "tone": tone, "note": note}
