"""The parts of a message in one language."""

from typing import NamedTuple

from holdfast.demo.market import GROUPS
from holdfast.demo.support import ANNOYED, CALM, LEAVING, TOPICS


class Names(NamedTuple):
    """Given names and surnames of women and of men; the surnames stand in the same order.

    Greek and Lithuanian surnames follow the sex of the given name, so each language has pairs of lists.
    """

    women: tuple[str, ...]
    womens_surnames: tuple[str, ...]
    men: tuple[str, ...]
    mens_surnames: tuple[str, ...]


class Goods(NamedTuple):
    """What a product group is called: as a subject and as an object, with the article where one belongs."""

    subject: str
    object: str


class Phrases(NamedTuple):
    """The parts of a message.

    Attributes:
        greetings, closings: a polite beginning and end; calm messages have both.
        goods: a name for each product group.
        problems: templates for each topic, with `{subject}`, `{object}`, `{days}` (3 to 9) and `{order}`.
        again: said first when the same thing has gone wrong before.
        annoyed, leaving: what a sharper tone adds.
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
    """One message; `luck` (at least 48 random bits) chooses among the ways to say each part."""

    def choose(options: tuple[str, ...], place: int) -> str:
        return options[(luck >> (6 * place)) % 64 % len(options)]

    goods = phrases.goods[GROUPS[group]]
    said = phrases.digits[days]
    problem = choose(phrases.problems[TOPICS[topic]], 1).format(
        subject=goods.subject, object=goods.object, days=said, order=order
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
