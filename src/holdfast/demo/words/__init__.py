"""What customers write, a file a language, and how a message is put together."""

from holdfast.demo.words import english, greek, lithuanian, persian
from holdfast.demo.words.phrases import Phrases

PHRASES: dict[str, Phrases] = {
    "en": english.PHRASES,
    "el": greek.PHRASES,
    "lt": lithuanian.PHRASES,
    "fa": persian.PHRASES,
}
