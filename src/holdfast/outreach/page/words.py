"""The texts of the page in one language (`conf/outreach/page/<language>.yaml`)."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from holdfast.explain.texts import format_number
from holdfast.outreach.banner import BLANKS as NOTICE_BLANKS
from holdfast.outreach.banner import DELIVERY_BLANKS, Code, Notice
from holdfast.outreach.deliveries import SENTENCES, DeliveryCode
from holdfast.outreach.page.front_words import FrontWords, Sentences, check_blanks, texts_named
from holdfast.outreach.settings import ReasonCode, Text
from holdfast.settings import Settings

ChurnKind = Literal["inactivity", "spend_drop", "cancellation", "provided"]

# Text → the placeholders it must contain.
BLANKS = {
    "window": {"as_of", "last_day"}, "shown": {"shown", "count"}, "more": {"count"}, "reversed": {"column"},
    "was": {"percent"}, "moved": {"reason"}, "details_of": {"customer"}, "without_script": {"count"},
    "points": {"number"}, "left": {"date"}, "places_heading": {"count"}, "ended": {"limit"},
    "percent": {"number"},
}  # fmt: skip

# The texts of a part of the page, by name.
COLUMNS = (
    "rank", "customer", "owner", "churn", "value_at_risk", "tier", "net_value", "why", "action", "channel",
    "status", "last_purchase", "open_tickets", "renewal", "segment", "country", "language",
)  # fmt: skip
HISTORY = ("heading", "this_list", "not_scored", "nothing", "other_model")
WATERFALL = ("heading", "what", "adds", "then", "start", "rest", "result", "background", "note")
LEFT = ("why", "then", "now", "nobody", "returned", "not_eligible")
PAYMENTS = ("heading", "note", "amount_due", "failed_on", "attempts", "code", "next_attempt")
WIN_BACK = ("heading", "note", "left_on", "value")


class Brief(Settings):
    """Texts of the six-line brief; `who` to `do` are the names of the lines."""

    heading: Text
    who: Text
    changed: Text
    open: Text
    wrote: Text
    tried: Text
    do: Text
    since: Text
    purchases: Text
    last_purchase: Text
    payments: Text
    last_payment: Text
    ticket: Text
    none_open: Text
    no_response: Text
    nothing: Text


def with_count(texts: dict[str, Text]) -> dict[str, Text]:
    """Check that the heading has the number of customers."""
    if "{count}" not in texts["heading"]:
        raise ValueError("heading: must have the blank {count}")
    return texts


class PageWords(Sentences):
    """All texts of the list's page and of the front page in one language.

    Attributes:
        direction: the writing direction.
        columns: headings of the list's columns and of a customer's details.
        history: texts of the earlier churn probabilities.
        waterfall: texts of the risk breakdown.
        left_table: texts of the table of customers removed since the last list.
        thousands, decimal: the separators of numbers; digits stay 0 to 9, as in the list's files.
        labels: reason code → a neutral label, valid if the reason raises or lowers the risk.
        places, limits, statuses, tiers: code in the list → text.
        deliveries: code of an unusual delivery → the sentence in the notice `delivery`; without one, English.
        churn_means: kind of churn → a sentence that says what it is.
    """

    blanks = BLANKS

    direction: Literal["ltr", "rtl"]
    thousands: Annotated[str, StringConstraints(max_length=1)]
    decimal: Annotated[str, StringConstraints(min_length=1, max_length=1)]
    percent: Text
    all_pages: Text
    title: Text
    window: Text
    churn_means: dict[ChurnKind, Text]
    customers: Text
    total_value_at_risk: Text
    total_net_value: Text
    notices_heading: Text
    notices: dict[Code, Text]
    deliveries: dict[DeliveryCode, Text] = Field(default_factory=lambda: dict(SENTENCES))
    list_heading: Text
    nobody: Text
    search: Text
    search_in: Text
    all: Text
    unknown: Text
    sort: Text
    reversed: Text
    shown: Text
    nothing_found: Text
    more: Text
    was: Text
    moved: Text
    details: Text
    details_of: Text
    without_script: Text
    columns: Annotated[dict[str, Text], texts_named(*COLUMNS)]
    tiers: dict[Literal["high", "medium", "low"], Text]
    statuses: dict[Literal["new", "worse", "better", "still"], Text]
    history: Annotated[dict[str, Text], texts_named(*HISTORY)]
    waterfall: Annotated[dict[str, Text], texts_named(*WATERFALL)]
    points: Text
    brief: Brief
    left: Text
    left_table: Annotated[dict[str, Text], texts_named(*LEFT)]
    payments: Annotated[dict[str, Text], texts_named(*PAYMENTS), AfterValidator(with_count)]
    win_back: Annotated[dict[str, Text], texts_named(*WIN_BACK), AfterValidator(with_count)]
    places_heading: Text
    place: Text
    eligible: Text
    places: dict[str, Text]
    ended: Text
    limits: dict[str, Text]
    footer: Text
    run: Text
    model: Text
    labels: dict[ReasonCode, Text] = Field(default_factory=dict)
    front: FrontWords

    @field_validator("churn_means")
    @classmethod
    def every_kind(cls, means: dict[ChurnKind, Text]) -> dict[ChurnKind, Text]:
        """Check that each kind of churn has a sentence."""
        if missing := [kind for kind in get_args(ChurnKind) if kind not in means]:
            raise ValueError(f"{missing[0]}: must say what churn means")
        return means

    @field_validator("notices")
    @classmethod
    def every_notice(cls, notices: dict[Code, Text]) -> dict[Code, Text]:
        """Check that each notice has a sentence with its placeholders."""
        for code in NOTICE_BLANKS:
            check_blanks(code, notices.get(code, ""), NOTICE_BLANKS[code])  # type: ignore[call-overload]  # a code
        return notices

    @field_validator("deliveries")
    @classmethod
    def every_delivery(cls, sentences: dict[DeliveryCode, Text]) -> dict[DeliveryCode, Text]:
        """Check that each sentence has its placeholders; the sentences that are not given are English."""
        for code, sentence in sentences.items():
            check_blanks(code, sentence, DELIVERY_BLANKS[code])
        return {**SENTENCES, **sentences}

    def fill(self, sentence: str, **blanks: object) -> str:
        """Fill in a sentence; in right-to-left languages, values keep their own direction."""
        return sentence.format(**{name: self._isolated(str(value)) for name, value in blanks.items()})

    def _isolated(self, text: str) -> str:
        return f"\u2068{text}\u2069" if self.direction == "rtl" else text

    def number(self, value: float, digits: int = 0) -> str:
        """A number with the language's separators."""
        return format_number(value, digits, thousands=self.thousands, decimal=self.decimal)

    def notice(self, notice: Notice) -> str:
        """The text of a notice, its figures in the number format of the language."""
        figures = {name: self.figure(value) for name, value in notice.figures.items()}
        for code, sentence in self.deliveries.items():
            if code == notice.code:
                return self.fill(self.notices["delivery"], what=self.fill(sentence, **figures))
        return self.fill(self.notices[notice.code], **figures)  # type: ignore[index]  # no delivery's code

    def figure(self, value: Any) -> str:
        """A figure of a notice: a share, a count or a text."""
        if isinstance(value, float):
            return self.percent.format(number=f"{100 * value:.0f}") if value in (0, 1) else self.share(value)
        return self.number(value) if isinstance(value, int) else str(value)

    def share(self, value: float) -> str:
        """A probability in whole percent, never shown as 0% or 100%."""
        number = "> 99" if value > 0.99 else f"{100 * value:.0f}"
        return self.percent.format(number="< 1" if value < 0.01 else number)
