"""The reasons of the columns `text__…`, declared like those of a feature family."""

from holdfast.features.reasons import HIGHER, Claim, Figure, Group, Reason, Side

REASONS = (
    *(
        Reason(
            f"TALKS_OF_{subject.upper()}",
            general=Claim(f"text__talks_of_{subject}"),
            figures=(Figure("messages", Claim(f"text__talks_of_{subject}", above=0, longest=0)),),
        )
        for subject in ("leaving", "price", "competitor")
    ),
    Reason("TONE", general=Claim("text__tone")),
    Reason("TOPIC", general=Claim("text__texts", Group.NOBODY, above=0)),
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
