"""The list as one web page that needs nothing else: no network, no library, no other file."""

import base64
import hashlib
from collections.abc import Callable
from importlib import resources
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from holdfast.outreach.changes import NOT_ELIGIBLE, RETURNED
from holdfast.outreach.lists import AtRiskList

# What became of the eligible customers, as the team reads it; the order is that of the sum.
PLACES = {
    "listed": "On this list",
    "held_out": "Held out, to measure whether contacts help",
    "do_not_contact": "On the do-not-contact list",
    "no_consent": "No consent to be contacted",
    "already_leaving": "Already leaving",
    "cool_down": "Contacted a short while ago",
    "not_worth_it": "A contact would cost more than it brings",
    "over_capacity": "No place left on the list",
}
LEFT_WORDS = PLACES | {RETURNED: "Bought again", NOT_ELIGIBLE: "No longer an active customer"}
LIMITS = {
    "capacity": "the list was full",
    "capacity_per_owner": "the owners' parts of the list were full",
    "break_even": "the next contact would have cost more than it brings",
    "none": "nobody else was left to contact",
}


def render_report(at_risk: AtRiskList, *, currency: str | None = None) -> str:
    """The page: the list, who left it since the last one, and where every eligible customer went.

    Who is held out is on it as a number only. Everything that comes from the data is escaped, and the
    page's content security policy lets no script run but its own, known by its hash.
    """
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: "" if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _packaged("report.css"), _packaged("report.js")
    listed = at_risk.listed
    filled = {name for name in listed.columns if listed[name].notna().any()}
    left = at_risk.left[at_risk.left["why"] != "held_out"]
    return environment.from_string(_packaged("report.html.j2")).render(
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        at_risk=at_risk,
        customers=_records(listed),
        # A column in which nobody has anything tells nothing.
        filled=filled,
        profile=_profile,
        left=_records(left),
        left_words=LEFT_WORDS,
        places=PLACES,
        limit=LIMITS[at_risk.limit],
        totals=listed[["value_at_risk", "expected_net_value"]].sum().to_dict(),
        percent=_percent,
        money=_money(listed["value_at_risk"].max(), currency),
    )


def _packaged(name: str) -> str:
    return resources.files("holdfast.outreach").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, with None for every kind of nothing."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in record.items()}
        for record in frame.to_dict(orient="records")
    ]


def _profile(customer: dict[str, Any]) -> str:
    """Segment, country and language, as far as they are known."""
    known = (customer[name] for name in ("segment", "country", "language"))
    return " · ".join(value for value in known if value)


def _percent(share: float) -> str:
    """A probability in whole percent, never rounded to a certainty."""
    if share < 0.01:
        return "< 1%"
    return "> 99%" if share > 0.99 else f"{share:.0%}"


def _money(largest: float, currency: str | None) -> Callable[[float], str]:
    """How money is written on this page: whole units when amounts are large."""
    digits = 0 if largest >= 1000 else 2

    def write(amount: float) -> str:
        return f"{amount:,.{digits}f}" + (f"\N{NO-BREAK SPACE}{currency}" if currency else "")

    return write
