"""The reasons of the columns `text__…`, declared like those of a feature family."""

from holdfast.features.reasons import HIGHER, Cause, Claim, Figure, Reason, Side

LAST = "tickets__days_since"
TALKS_OF = {"leaving": Cause.SERVICE, "price": Cause.PRICE, "competitor": Cause.COMPETITOR}

REASONS = (
    *(
        Reason(
            f"TALKS_OF_{subject.upper()}",
            cause=cause,
            general=Claim(f"text__talks_of_{subject}", above=0, last=LAST),
            figures=(Figure("messages", Claim(f"text__talks_of_{subject}", above=0, last=LAST, longest=0)),),
        )
        for subject, cause in TALKS_OF.items()
    ),
    Reason("TONE", cause=Cause.SERVICE, general=Claim("text__tone", last=LAST)),
    Reason("TOPIC", trait=True, figures=(Figure("topic_words"), Figure("topic_days"))),
)

# The reason code of each text measure, and the side on which the measure raises the risk. Learned topics are
# not listed: their reason code is TOPIC.
MEASURES: dict[str, tuple[str, Side | None]] = {
    "talks_of_leaving": ("TALKS_OF_LEAVING", HIGHER),
    "talks_of_price": ("TALKS_OF_PRICE", HIGHER),
    "talks_of_competitor": ("TALKS_OF_COMPETITOR", HIGHER),
    "tone": ("TONE", HIGHER),
    "tone_last": ("TONE", HIGHER),
    "length_mean": ("TONE", None),
    "texts": ("MANY_TICKETS", HIGHER),
    "language": ("PROFILE", None),
}
