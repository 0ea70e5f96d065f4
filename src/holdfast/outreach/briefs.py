"""Briefs: what a caller should know of one customer, in six lines, each from the customer's own rows."""

from typing import Any

import pandas as pd

from holdfast.outreach.page.words import PageWords

LINES = ("who", "changed", "open", "wrote", "tried", "do")
COLUMNS = {"rank": "int64", "customer_id": "str", **dict.fromkeys(LINES, "str")}
LONGEST = 300  # characters of a message

Known = dict[str, Any]


def write_briefs(listed: Any, cases: Any, words: PageWords) -> pd.DataFrame:
    """One row a listed customer, key customer_id, by rank, with COLUMNS.

    Args:
        listed: the list's rows, a data frame.
        cases: what is known of the listed beside (see `scoring.cases.find_cases`).
    """
    known = {str(case["customer_id"]): case for case in cases.to_dict("records")}
    briefs = [brief(row, known[str(row["customer_id"])], words) for row in listed.to_dict("records")]
    cells = pd.DataFrame(briefs, columns=list(LINES), index=listed.index)
    found: pd.DataFrame = pd.concat([listed[["rank", "customer_id"]], cells], axis=1).astype(COLUMNS)
    return found


def brief(row: Known, case: Known, words: PageWords) -> list[str]:
    """The six lines on one customer, in the order of LINES."""
    text = words.brief
    who = [row["name"], row["customer_id"], row["segment"], row["country"], row["owner"]]
    facts = []
    if given(case["first_purchase"]):
        facts = [
            words.fill(text.since, date=day(case["first_purchase"])),
            words.fill(text.purchases, count=words.number(case["purchases"])),
            words.fill(text.last_purchase, date=day(case["last_purchase"])),
        ]
    reasons = [row[f"reason_{place}"] for place in (1, 2, 3)]
    tickets = [
        words.fill(text.ticket, ticket=one["ticket_id"], date=one["opened"])
        + (f" ({one['category']})" if given(one["category"]) else "")
        for one in case["open_tickets"]
    ]
    contacts = [
        f"{one['day']}, {one['channel'] if given(one['channel']) else words.unknown}: "
        f"{one['response'] if given(one['response']) else text.no_response}"
        for one in case["contacts"]
    ]
    wrote = f"{case['wrote_on']}: {shorten(case['wrote'])}" if given(case["wrote"]) else text.nothing
    named = ", ".join(str(part) for part in who if given(part))
    step = f"{row['channel']}: {row['recommended_action']}"
    lines = [join([named, *facts]), join(reasons), join(tickets), wrote, join(contacts), step]
    return [line or text.nothing for line in lines]


def join(parts: list[Any]) -> str:
    """The parts that are given, as one line."""
    return "; ".join(str(part) for part in parts if given(part))


def given(value: Any) -> bool:
    """Whether there is a value."""
    return value is not None and not pd.isna(value) and value != ""


def day(value: Any) -> str:
    """A date as it is written everywhere on the list."""
    return str(value)[:10]


def shorten(text: str) -> str:
    """A message on one line, cut where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()} …"
