"""The parts of a message in one language."""

from typing import NamedTuple

from holdfast.demo.market import GROUPS
from holdfast.demo.support import ANNOYED, CALM, LEAVING, TOPICS


class Names(NamedTuple):
    """Given names and surnames of women and of men; both lists of surnames have the same order.

    Greek and Lithuanian surnames follow the sex of the given name, so each language has pairs of lists.
    """

    women: tuple[str, ...]
    womens_surnames: tuple[str, ...]
    men: tuple[str, ...]
    mens_surnames: tuple[str, ...]


class Goods(NamedTuple):
    """The name of a product group as subject and as object, with its article."""

    subject: str
    object: str


class Phrases(NamedTuple):
    """The parts of a message.

    Attributes:
        greetings, closings: a polite beginning and end; calm messages have both.
        goods: a name for each product group.
        problems: templates for each topic, with `{subject}`, `{object}`, `{days}` (3 to 9) and `{order}`.
        again: openings for a repeated complaint.
        annoyed, leaving: additions for a sharper tone.
        digits: the language's digits 0 to 9.
    """

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    goods: dict[str, Goods]
    problems: dict[str, tuple[str, ...]]
    again: tuple[str, ...]
    annoyed: tuple[str, ...]
    leaving: tuple[str, ...]
    digits: str = "0123456789"


def compose(
    phrases: Phrases, group: int, topic: int, tone: int, again: bool, days: int, order: str, luck: int
) -> str:
    """One message; `luck` (at least 48 random bits) chooses the variant of each part."""

    def choose(options: tuple[str, ...], part: int) -> str:
        return options[(luck >> (6 * part)) % 64 % len(options)]

    goods = phrases.goods[GROUPS[group]]
    problem = choose(phrases.problems[TOPICS[topic]], 1).format(
        subject=goods.subject, object=goods.object, days=phrases.digits[days], order=order
    )
    parts = [problem[0].upper() + problem[1:]]
    if again:
        parts.insert(0, choose(phrases.again, 2))
    if tone >= ANNOYED and (tone == ANNOYED or (luck >> 42) % 2 == 0):
        parts.append(choose(phrases.annoyed, 3))
    if tone == LEAVING:
        parts.append(choose(phrases.leaving, 4))
    if tone == CALM:
        parts.append(choose(phrases.closings, 5))
    greeted = tone == CALM or (luck >> 40) % 3 == 0
    return (choose(phrases.greetings, 0) + "\n" if greeted else "") + " ".join(parts)
