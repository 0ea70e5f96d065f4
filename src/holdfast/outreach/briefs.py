"""Briefs for callers: six lines on each listed customer, written from the customer's rows."""

from typing import Any

import pandas as pd

from holdfast.outreach.page.words import PageWords

LINES = ("who", "changed", "open", "wrote", "tried", "do")
COLUMNS = {"rank": "int64", "customer_id": "str", **dict.fromkeys(LINES, "str")}
MAX_CHARS = 300  # of a message

Record = dict[str, Any]


def write_briefs(listed: Any, cases: Any, words: PageWords) -> pd.DataFrame:
    """COLUMNS: one row per listed customer, by rank; `cases`: see `scoring.cases.find_cases`."""
    by_customer = {str(case["customer_id"]): case for case in cases.to_dict("records")}
    lines = [brief(row, by_customer[str(row["customer_id"])], words) for row in listed.to_dict("records")]
    texts = pd.DataFrame(lines, columns=list(LINES), index=listed.index)
    briefs: pd.DataFrame = pd.concat([listed[["rank", "customer_id"]], texts], axis=1).astype(COLUMNS)
    return briefs


def brief(row: Record, case: Record, words: PageWords) -> list[str]:
    """The six lines on one customer, in the order of LINES."""
    text = words.brief
    who = [row["name"], row["customer_id"], row["segment"], row["country"], row["owner"]]
    facts = []
    if given(case["first_purchase"]):
        count, last = text.purchases, text.last_purchase
        if case["subscriber"]:
            count, last = text.payments, text.last_payment
        facts = [
            words.fill(text.since, date=day(case["first_purchase"])),
            words.fill(count, count=words.number(case["purchases"])),
            words.fill(last, date=day(case["last_purchase"])),
        ]
    reasons = [row[f"reason_{place}"] for place in (1, 2, 3)]
    tickets = [
        words.fill(text.ticket, ticket=each["ticket_id"], date=each["opened"])
        + (f" ({each['category']})" if given(each["category"]) else "")
        for each in (() if case["open_tickets"] is None else case["open_tickets"])
    ]
    if case["open_tickets"] is not None and not tickets:
        tickets = [text.none_open]
    contacts = [
        f"{each['day']}, {each['channel'] if given(each['channel']) else words.unknown}: "
        f"{each['response'] if given(each['response']) else text.no_response}"
        for each in case["contacts"]
    ]
    wrote = f"{case['wrote_on']}: {shorten(case['wrote'])}" if given(case["wrote"]) else text.nothing
    named = ", ".join(str(part) for part in who if given(part))
    step = f"{row['channel']}: {row['recommended_action']}"
    lines = [join([named, *facts]), join(reasons), join(tickets), wrote, join(contacts), step]
    return [line or text.nothing for line in lines]


def join(parts: list[Any]) -> str:
    """Join the parts that have a value."""
    return "; ".join(str(part) for part in parts if given(part))


def given(value: Any) -> bool:
    """Whether there is a value."""
    return value is not None and not pd.isna(value) and value != ""


def day(value: Any) -> str:
    """A date as YYYY-MM-DD."""
    return str(value)[:10]


def shorten(text: str) -> str:
    """A message on one line, cut after MAX_CHARS."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_CHARS else f"{line[:MAX_CHARS].rstrip()} …"
