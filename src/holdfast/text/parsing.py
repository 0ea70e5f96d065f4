"""Language, words and mentions of each text; nothing is learned here."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.text.log import TextLog
from holdfast.text.settings import Words

SUBJECTS = ("leaving", "price", "competitor")
MIN_LETTERS = 20  # for a language to be detected
MAX_DETECTED = 400  # characters of a text that its language is detected from
LANGUAGE_CODE = r"^\s*(?P<code>[A-Za-z]{2,3})\b"  # "pt-BR" counts as "pt"

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class ParsedTexts:
    """The texts of a log, parsed; every attribute has one element a text.

    Attributes:
        log: the log.
        language: ISO 639-1; null: unknown.
        words: lists of words of three letters or more in lower case, accents decomposed (NFKD); words with a
            digit, @ or / are left out.
        normalized: without case, accents, marks and different digits (see `normalize`).
        facts: by name: `length` (characters), and for each subject whether it is mentioned (0, 1).
    """

    log: TextLog
    language: pa.ChunkedArray
    words: pa.ListArray
    normalized: pa.ChunkedArray
    facts: Mapping[str, Floats]


@dataclasses.dataclass(frozen=True)
class TextParser:
    """How texts are parsed.

    Attributes:
        words: word lists by language (ISO 639-1); a text in another language is searched for all of them.
        competitors: names of competitors, in any language.
    """

    words: Mapping[str, Words]
    competitors: tuple[str, ...] = ()

    def parse(self, log: TextLog) -> ParsedTexts:
        """Parse all texts, each independently of the others."""
        text = log.table["text"]
        language = complete_languages(log.table["language"], text)
        normalized = normalize(text)
        facts = {"length": pc.utf8_length(text).to_numpy().astype(np.float64)}
        facts |= {subject: self.mentions(normalized, language, subject) for subject in SUBJECTS}
        return ParsedTexts(log, language, tokenize(text), normalized, facts)

    def mentions(self, normalized: pa.ChunkedArray, language: pa.ChunkedArray, subject: str) -> Floats:
        """(texts,) 1 where a text mentions a subject, else 0."""
        mentioned = np.zeros(len(normalized), bool)
        code = pc.index_in(language, value_set=pa.array(self.words, pa.string())).fill_null(-1).to_numpy()
        for number, name in [*enumerate(self.words), (-1, None)]:
            rows = np.flatnonzero(code == number)
            pattern = self.pattern(subject, name)
            if pattern and len(rows):
                matches = pc.match_substring_regex(normalized.take(pa.array(rows)), pattern)
                mentioned[rows] = matches.to_numpy()
        return mentioned.astype(np.float64)

    def pattern(self, subject: str, language: str | None) -> str:
        """One regular expression for all words of a subject; None: in all languages. Empty: no words."""
        lists = self.words.values() if language is None else [self.words[language]]
        patterns = [pattern for words in lists for pattern in getattr(words, subject)]
        words = normalize_letters(pa.chunked_array([patterns], pa.string())).to_pylist()
        if subject == "competitor" and self.competitors:
            names = normalize(pa.chunked_array([list(self.competitors)], pa.string())).to_pylist()
            words += [name[1:] for name in names if name.strip()]  # the blank after it ends the name
        return f" (?:{'|'.join(words)})" if words else ""


def normalize(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lower-case words without accents, with one blank around each.

    Digits become one 0: numbers are orders, phones or amounts. Symbols such as 🙁 stay.
    """
    text = normalize_letters(text)
    text = pc.replace_substring_regex(text, r"[^\pL\pN\p{So}]+", " ")
    text = pc.replace_substring_regex(text, r"\p{Nd}+", "0")
    return pc.binary_join_element_wise(" ", pc.utf8_trim_whitespace(text), " ", "")


def tokenize(text: pa.ChunkedArray) -> pa.ListArray:
    """The words of each text (`ParsedTexts.words`). Accents stay decomposed: Arrow cannot compose them."""
    text = pc.utf8_lower(pc.utf8_normalize(text, form="NFKD"))
    text = pc.replace_substring_regex(text, r"\S*[\p{Nd}@/]\S*", " ")  # numbers, addresses
    text = pc.replace_substring_regex(text, r"[^\pL\pM\x{200c}]+", " ")
    text = pc.replace_substring_regex(text, r"(?:^| )(?:(?:\pL\pM*){1,2}(?: |$))+", " ")
    words = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(text))
    return pa.concat_arrays(words.chunks) if words.num_chunks else pa.array([], words.type)


def normalize_letters(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lower case, without accents, with one form of each letter."""
    text = pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(text, form="NFKD"), r"\pM+", ""))
    for letter, usual in (("ς", "σ"), ("ي", "ی"), ("ى", "ی"), ("ك", "ک"), ("\u200c", " ")):
        text = pc.replace_substring(text, letter, usual)
    return text


def complete_languages(given: pa.ChunkedArray, text: pa.ChunkedArray) -> pa.ChunkedArray:
    """The language of each text: as given, otherwise as detected; null where the text is too short."""
    code = pc.utf8_lower(pc.struct_field(pc.extract_regex(given, LANGUAGE_CODE), 0))
    missing = np.flatnonzero(code.is_null().to_numpy())
    if not len(missing):
        return code
    completed = np.array(code.to_pylist(), dtype=object)
    completed[missing] = detect_languages(text.take(pa.array(missing)))
    return pa.chunked_array([pa.array(completed, pa.string())])


def detect_languages(text: pa.ChunkedArray) -> list[str | None]:
    """The languages of texts, by py3langid; its model is in the package."""
    # takes a second and 100 MB: only where languages are not given
    import py3langid  # type: ignore[import-untyped]  # publishes no types

    letters = pc.utf8_length(pc.replace_substring_regex(text, r"\PL+", "")).to_numpy()
    return [
        py3langid.classify(content[:MAX_DETECTED])[0] if count >= MIN_LETTERS else None
        for content, count in zip(text.to_pylist(), letters, strict=True)
    ]
