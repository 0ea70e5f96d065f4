"""Render the list as one self-contained web page: no network, no library, no other file."""

import base64
import hashlib
from collections.abc import Hashable
from importlib import resources
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from holdfast.outreach.lists import AtRiskList
from holdfast.outreach.page.island import Page, build_island, to_json

STYLES = ("theme.css", "page.css", "details.css", "narrow.css", "print.css")
SCRIPTS = ("words.js", "cells.js", "details.js", "list.js", "winback.js", "left.js")
WITHOUT_SCRIPT = 100  # customers shown where no script runs, as in a mail preview
WIN_BACK = 1000  # lost customers on the page; all of them are in win_back.csv


def render_report(
    at_risk: AtRiskList, page: Page, run_id: str, recovery: pd.DataFrame | None = None,
    win_back: pd.DataFrame | None = None,
) -> str:  # fmt: skip
    """The page: the list, win-back, removals since the last list, payment recovery, the selection funnel.

    It shows the number of held-out customers, never who they are. All data is escaped, and the content
    security policy allows only the page's own script, by its hash. The script renders rows in parts, so that
    a long list opens as fast as a short one.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=lambda value: "" if value is None else value,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style = "".join(_packaged(name) for name in STYLES)
    script = '"use strict";\n' + "".join(_packaged(name) for name in SCRIPTS)
    listed, words = at_risk.listed, page.words
    digits = 0 if listed["value_at_risk"].max() >= 1000 else 2

    def money(amount: float) -> str:
        unit = f"\N{NO-BREAK SPACE}{page.currency}" if page.currency else ""
        return words.number(amount, digits) + unit

    first = listed.head(WITHOUT_SCRIPT)
    return environment.from_string(_packaged("page.html.j2")).render(
        style=Markup(style),
        script=Markup(script),
        island=Markup(to_json(build_island(at_risk, page, digits))),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        words=words,
        churn_means=words.churn_means[page.churn],
        notices=page.notices,
        language=page.language,
        at_risk=at_risk,
        run_id=run_id,
        first=records(first),
        due=[] if recovery is None else records(recovery.head(WITHOUT_SCRIPT)),
        due_count=0 if recovery is None else len(recovery),
        lost=[] if win_back is None else records(win_back.head(WIN_BACK)),
        lost_count=0 if win_back is None else len(win_back),
        left=int((at_risk.left["why"] != "held_out").sum()),
        totals=listed[["value_at_risk", "expected_net_value"]].sum().to_dict(),
        money=money,
    )


def records(rows: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows as dictionaries, with None for nulls."""
    return rows.astype(object).where(rows.notna(), None).to_dict(orient="records")


def _packaged(name: str) -> str:
    return resources.files("holdfast.outreach.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
