"""Sentences about a list's outcomes: the headline, the lead time and the statistical power."""

import math
from collections.abc import Mapping
from typing import Any

from holdfast.reports.words import NOTHING, count, share

Content = Mapping[str, Any]


def headline(content: Content) -> str:
    """The verdict on contacting, in one or two sentences."""
    saved, kept = content["effect"]["saved"], content["effect"]["value_kept"]
    if content["verdict"] == "no hold-out":
        return "No conclusion about contacting: there is no random control group to compare with."
    if content["verdict"] == "made afterwards":
        return (
            "No conclusion about contacting: a list was published when its outcome window had "
            "begun, so nobody could work it in time."
        )
    if content["verdict"] == "not worked":
        contacted = {group["group"]: share(group["contacted"]) for group in content["groups"]}
        return (
            f"The list was not worked: {contacted['listed']} of the listed and {contacted['held_out']} of "
            "the control group were contacted, a difference that chance explains. So nothing can be said "
            "about what contacting changes."
        )
    low, high = saved["low"], saved["high"]
    worth = ""
    if kept["value"] is not None:
        worth = (
            f" In money: about {money(kept['value'], content)} "
            f"({money(kept['low'])} to {money(kept['high'])})."
        )
    if content["verdict"] == "helped":
        return f"Contacting saved between {share(low)} and {share(high)} of the customers on the list.{worth}"
    if content["verdict"] == "harmed":
        return (
            f"Contacting did harm: it drove away between {share(-high)} and {share(-low)} "
            f"of the customers on the list.{worth}"
        )
    return (
        f"It is too early to tell whether contacting helped: it may have saved up to {share(high)} of the "
        f"customers on the list, or driven away up to {share(-low)}.{worth}"
    )


def lead_time_in_words(content: Content, *, lists: str = "an earlier list had chosen") -> list[str]:
    """How many of the lost customers stood on an earlier list, how long before they left, and their value."""
    from holdfast.outcomes.lead_time import IN_TIME_DAYS, MIN_LOST

    lead = content.get("lead_time")
    if lead is None:
        return []
    if lead["lost"] < MIN_LOST:
        return [
            f"Lead time: nothing can be told yet. Few customers were lost since {lead['since']} "
            f"({count(lead['lost'])})."
        ]
    what = (
        f"Of the {count(lead['lost'])} customers lost since {lead['since']}, "
        f"{lists} {share(lead['chosen'] / lead['lost'])}, "
        f"{share(lead['in_time'] / lead['lost'])} at least {IN_TIME_DAYS} days before"
    )
    if lead["median_days"] is not None:
        what += f" (median lead time of the chosen: {lead['median_days']:.0f} days)"
    if not lead["value"]:
        return [f"{what}."]
    chosen, in_time = (share(lead[name] / lead["value"]) for name in ("value_chosen", "value_in_time"))
    return [f"{what}. Of their value of {money(lead['value'], content)}: {chosen} and {in_time}."]


def replayed_in_words(card: Content) -> str:
    """How many of the lost the lists of a model's test dates named in time, or why nothing can be told."""
    from holdfast.outcomes.lead_time import IN_TIME_DAYS

    if card.get("lead_time") is None:
        return (
            "Lead time: nothing can be told yet. It takes a test on later dates, and customers who were lost "
            f"{IN_TIME_DAYS} days or more after the first of them."
        )
    lists = "lists of the test dates, as this model makes them, chose"
    currency = (card.get("money") or {}).get("currency")
    (sentence,) = lead_time_in_words({**card, "currency": currency}, lists=lists)
    return sentence


def payments_in_words(content: Content) -> list[str]:
    """Who left because a payment failed, and what became of those on the payment recovery list."""
    payments = content.get("payments")
    if payments is None:
        return []
    said = [
        f"Of the {count(payments['left'])} customers who left, {count(payments['involuntary'])} did so "
        "because a payment failed, not because they decided to; of the listed "
        f"{count(payments['listed_involuntary'])} of {count(payments['listed_left'])}."
    ]
    due = payments["recovery"]
    if due["customers"]:
        said.append(
            f"Of the {count(due['customers'])} customers on the payment recovery list "
            f"{count(due['settled'])} stayed and settled it, {count(due['due'])} stayed with a payment still "
            "due, "
            f"{count(due['involuntary'])} were lost by it, and {count(due['voluntary'])} decided to go."
        )
    return said


def money(value: float | None, content: Content | None = None) -> str:
    """Money with three significant digits, and its currency if `content` is given."""
    if value is None or not math.isfinite(value):
        return NOTHING
    digits = 2 - math.floor(math.log10(abs(value))) if abs(value) >= 1 else 0
    text = count(round(abs(value), min(digits, 0)))
    text = "−" + text if value < 0 and text != "0" else text
    return f"{text} {content['currency'] or ''}".strip() if content else text


def points(value: float | None) -> str:
    """A difference of shares in points of 100 customers, with its sign."""
    return NOTHING if value is None else f"{100 * value:+.1f}".replace("-", "−")


def power_in_words(content: Content) -> list[str]:
    """The smallest detectable effect, and how many customers the smallest relevant effect needs."""
    power, settings, compared = content["power"], content["settings"], content["compared"]
    if power is None:
        return []
    held = count(compared["held_out"])
    detectable = f"With {held} held out, even contacts that keep everybody might not show."
    if power["visible"] is not None:
        detectable = (
            f"With {held} held out and {count(compared['listed'])} listed, a difference of "
            f"{points(power['visible']).lstrip('+')} of 100 customers is detected with a probability of "
            f"{share(settings['power'])}; smaller ones may go undetected."
        )
    smallest = f"{100 * settings['min_effect']:g} of 100 customers"
    if power["more_held"] is None or content["verdict"] != "too early to tell":
        return [detectable]
    if not power["more_held"]:
        return [detectable, f"A difference of {smallest} would have shown: there were enough customers."]
    lists = math.ceil(power["more_held"] / compared["held_out"] * len(content["lists"]))
    return [
        detectable,
        f"To detect a difference of {smallest} takes {count(power['needed_held'])} held out and "
        f"{count(power['needed_listed'])} listed: {count(power['more_held'])} more held out, or about "
        f"{count(lists)} more lists like {'this one' if len(content['lists']) == 1 else 'these'}. "
        "Measure all lists together with list_date=all; a larger outreach.holdout_share gets there sooner.",
    ]


def spoken(name: str | None) -> str:
    """A reason code or an action for people: `LONG_SILENCE` is `long silence`."""
    if name is None:
        return "no reason given"
    return name.replace("_", " ").lower() if name.isupper() else name


def sentence(text: str) -> str:
    """A text with a capital at the start and a full stop at the end."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
