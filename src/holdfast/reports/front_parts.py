"""The parts of the front page: the customer base, what outreach saved, the trend, and rows of pages."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.outcomes import OutcomesHistory
from holdfast.artifacts.pages import UNREADABLE, LinkedPage, PageState
from holdfast.outreach.page.front_words import Group
from holdfast.outreach.page.words import PageWords
from holdfast.reports.words import NOTHING

TREND, SHOWN = 24, 10  # lists in the chart; pages of a kind that are shown at once
WIDTH, HEIGHT = 720, 120  # of the chart
BAD = ("missing", "damaged", "other version", "set aside", "withdrawn", "retrain", "fix", "harmed")
TONES = dict.fromkeys(BAD, "c") | {"watch": "b"}
GROUPS: tuple[Group, ...] = ("reason", "owner", "segment")
Values = dict[str, Any]

logger = logging.getLogger("holdfast")


def _unbroken(date: str) -> str:
    """A date that is not broken at its hyphens, in a narrow box."""
    return date.replace("-", "-\N{WORD JOINER}")


class Front:
    """Describes the parts of the page in one language; unusable files raise one of UNREADABLE."""

    def __init__(self, root: Root, words: PageWords, language: str) -> None:
        self.root, self.words, self.language = root, words, language

    def or_problem(self, describe: Callable[[], Values]) -> Values:
        """A part of the page, or `problem` in its place."""
        try:
            return {"problem": "", "as_of": "", **describe()}
        except UNREADABLE as error:
            logger.debug("the front page leaves a part out: %s", type(error).__name__)
            return {"as_of": "", "problem": self.words.front.unreadable}

    def text(self, name: str, **blanks: object) -> str:
        """A sentence of the page with its blanks filled."""
        return self.words.fill(getattr(self.words.front, name), **blanks)

    def percent(self, value: float) -> str:
        """A share, with a decimal where it is small."""
        digits = 1 if abs(value) < 0.1 else 0
        return self.words.percent.format(number=self.words.number(100 * value, digits))

    def money(self, amount: float, currency: str | None) -> str:
        """A whole amount and its currency."""
        return self.words.number(amount) + (f"\N{NO-BREAK SPACE}{currency}" if currency else "")

    # --- the customer base --------------------------------------------------------------------------

    def base(self, page: LinkedPage | None) -> Values:
        """The figures of all eligible customers on the date of the last list, and by group."""
        if page is None:
            return {"problem": self.words.front.no_list}
        base = page.manifest["base"]
        settings, number = page.manifest["settings"], self.words.number
        currency = settings["source.currency"]
        lost = base["lost"]
        last_day = dt.date.fromisoformat(page.manifest["outcome_window_end"]) - dt.timedelta(days=1)
        return {
            "as_of": page.date,
            "of_date": self.text("as_of", date=page.date),
            "active": number(base["active"]),
            "expected": self.text(
                "expected", count=number(base["expected_churn"]), date=_unbroken(str(last_day))
            ),
            "at_risk": number(base["at_risk"]),
            "at_risk_share": self.text("at_risk_share", share=self._share_at_risk(base)),
            "value_at_risk": self.money(base["value_at_risk"], currency),
            "value_of_at_risk": self.text(
                "value_of_at_risk", amount=self.money(base["at_risk_value"], currency)
            ),
            "lost": None if lost is None else number(lost["customers"]),
            "lost_since": self.words.front.lost_unknown
            if lost is None
            else self.text(
                "lost_since", date=_unbroken(lost["since"]), amount=self.money(lost["value"], currency)
            ),
            "groups": [
                {
                    "title": self.words.front.groups[name],
                    "rows": list(self._group_rows(base["groups"][name], name, currency)),
                }
                for name in GROUPS
                if base["groups"][name]["groups"]
            ],
        }  # fmt: skip

    def _share_at_risk(self, base: Mapping[str, Any]) -> str:
        return self.percent(base["at_risk"] / base["active"]) if base["active"] else NOTHING

    def _group_rows(self, group: Mapping[str, Any], kind: str, currency: str | None) -> Iterator[Values]:
        labels: Mapping[str, str] = self.words.labels if kind == "reason" else {}
        rows = [(labels.get(row["name"], row["name"]), row) for row in group["groups"]]
        if (others := group["others"]) is not None:
            rows.append((self.text("others", count=self.words.number(others["name"])), others))
        if group["unknown"] is not None:
            name = self.words.front.no_driver if kind == "reason" else self.words.unknown
            rows.append((name, group["unknown"]))
        for name, row in rows:
            figures = {key: self.words.number(row[key]) for key in ("active", "at_risk")}
            yield {"name": name, **figures, "value_at_risk": self.money(row["value_at_risk"], currency)}

    def saved(self) -> Values:
        """The share of listed customers whom contacting kept, if the last outcomes carry it."""
        front, verdicts = self.words.front, OutcomesHistory(self.root).verdicts()
        if not verdicts:
            return {"value": front.saved_cannot_tell, "note": front.saved_unknown["no outcomes"]}
        pooled = len(verdicts[0]["lists"]) > 1  # all lists together come first
        content = verdicts[0] if pooled else verdicts[-1]
        lists = front.all_lists if pooled else self.text("one_list", date=content["lists"][0])
        verdict, effect = content["verdict"], content["effect"]["saved"]
        if verdict == "helped" and effect["low"] is not None:
            low, high = self.percent(effect["low"]), self.percent(effect["high"])
            return {
                "value": self.text("saved_range", low=low, high=high),
                "note": self.text("saved_of", lists=lists),
            }
        if verdict == "harmed":
            return {"value": front.saved_none, "note": f"{lists}: {front.saved_harmed}"}
        why = front.saved_unknown.get(verdict, front.saved_unknown["chance"])
        return {"value": front.saved_cannot_tell, "note": f"{lists}: {why}"}

    # --- the trend ----------------------------------------------------------------------------------

    def trend(self, published: Sequence[LinkedPage]) -> Values:
        """Value at risk and customers at risk on the date of each list, as bars and as a table."""
        bases = [(page.date, base) for page in reversed(published) if (base := page.manifest.get("base"))]
        currency = published[0].manifest["settings"].get("source.currency") if bases else None
        top = max((base["value_at_risk"] for _, base in bases), default=0) or 1
        step, number = WIDTH / max(len(bases), 6), self.words.number
        bars = [
            {
                "x": round(place * step + step * 0.15, 1),
                "width": round(step * 0.7, 1),
                "y": round(HEIGHT * (1 - base["value_at_risk"] / top), 1),
                "height": round(HEIGHT * base["value_at_risk"] / top, 1),
                "title": f"{date}: {self.money(base['value_at_risk'], currency)}",
            }
            for place, (date, base) in enumerate(bases)
        ]
        rows = [
            {
                "date": date,
                "active": number(base["active"]),
                "at_risk": number(base["at_risk"]),
                "share": self._share_at_risk(base),
                "value_at_risk": self.money(base["value_at_risk"], currency),
                "lost": NOTHING if base["lost"] is None else number(base["lost"]["customers"]),
            }
            for date, base in reversed(bases)
        ]
        without = len(published) - len(bases)
        return {
            "bars": bars, "rows": rows, "width": WIDTH, "height": HEIGHT,
            "caption": self.text("trend_chart", first=bases[0][0], last=bases[-1][0]) if bases else "",
            "without": self.text("trend_without", count=number(without)) if without else "",
        }  # fmt: skip

    # --- the pages ----------------------------------------------------------------------------------

    def shelf(self, pages: Sequence[LinkedPage]) -> Values:
        """The rows of a kind of page; those after the first SHOWN are folded."""
        rows = [self.row(page) for page in pages]
        earlier = self.text("earlier", count=self.words.number(len(rows) - SHOWN))
        return {"first": rows[:SHOWN], "earlier": rows[SHOWN:], "summary": earlier}

    def row(self, page: LinkedPage) -> Values:
        """One page: its date, link and state, and for a list the number of customers on it."""
        counts = page.manifest.get("counts")
        listed = counts.get("listed") if isinstance(counts, dict) else None
        count = "" if listed is None else self.words.number(listed)
        return {
            "date": self.words.front.all_lists if page.date == "all" else page.date,
            "link": page.link,
            "state": self._state(page.state),
            "tone": "c" if page.state.figures.get("leak") else TONES.get(page.state.code, ""),
            "note": "" if listed is None else self.text("customers", count=count),
            "open": self.text("open_list", date=page.date, count=count)
            if page.link
            else self.text("list_lacks_page", date=page.date),
        }

    def _state(self, state: PageState) -> str:
        figures = {
            name: self.words.percent.format(number=self.words.number(100 * value, 1))
            if isinstance(value, float)
            else self.words.figure(value)
            for name, value in state.figures.items()
        }
        return self.words.fill(self.words.front.states[state.code], **figures)
