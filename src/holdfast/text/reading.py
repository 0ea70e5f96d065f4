"""Facts of single texts, for which nothing is learned: their language, and what they talk of."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.text.log import TextLog
from holdfast.text.settings import Words

SUBJECTS = ("leaving", "price", "competitor")
LEAST_LETTERS = 20  # of fewer the language is anybody's guess
ENOUGH = 400  # characters that tell a language
GIVEN = r"^\s*(?P<code>[A-Za-z]{2,3})\b"  # "pt-BR" counts as "pt"

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Texts:
    """A log of texts, read.

    Attributes:
        log: the log; everything below has its rows.
        language: ISO 639-1; null: unknown.
        words: (texts,) lists of words of three letters at the least, as written but in lower case and with
            accents set apart (NFKD); nothing with a digit, @ or / in it.
        folded: without case, accents, marks and different digits: what is compared.
        facts: (texts,) by name: `length` (characters), and for each subject whether it is talked of (0, 1).
    """

    log: TextLog
    language: pa.ChunkedArray
    words: pa.ListArray
    folded: pa.ChunkedArray
    facts: Mapping[str, Floats]


@dataclasses.dataclass(frozen=True)
class Reader:
    """How texts are read.

    Attributes:
        words: word lists by language (ISO 639-1). A text in another language is held against all lists.
        competitors: names of competitors, in any language.
    """

    words: Mapping[str, Words]
    competitors: tuple[str, ...] = ()

    def read(self, log: TextLog) -> Texts:
        """All facts of all texts; each text's own, whatever stands beside it."""
        text = log.table["text"]
        language = known_languages(log.table["language"], text)
        folded = fold(text)
        facts = {"length": pc.utf8_length(text).to_numpy().astype(np.float64)}
        facts |= {subject: self.talks(folded, language, subject) for subject in SUBJECTS}
        return Texts(log, language, split(text), folded, facts)

    def talks(self, folded: pa.ChunkedArray, language: pa.ChunkedArray, subject: str) -> Floats:
        """(texts,) 1 where a text talks of a subject, else 0."""
        talked = np.zeros(len(folded), bool)
        own = pc.index_in(language, value_set=pa.array(self.words, pa.string())).fill_null(-1).to_numpy()
        for place, name in enumerate([*self.words, None]):
            rows = np.flatnonzero(own == (place if name else -1))
            pattern = self.pattern(subject, name)
            if pattern and len(rows):
                found = pc.match_substring_regex(folded.take(pa.array(rows)), pattern)
                talked[rows] = found.to_numpy()
        return talked.astype(np.float64)

    def pattern(self, subject: str, language: str | None) -> str:
        """One regular expression for all words of a subject; None: of all languages. Empty: no words."""
        lists = self.words.values() if language is None else [self.words[language]]
        words = [fold_pattern(pattern) for one in lists for pattern in getattr(one, subject)]
        if subject == "competitor" and self.competitors:
            names = fold(pa.chunked_array([list(self.competitors)], pa.string())).to_pylist()
            words += [name[1:] for name in names if name.strip()]  # the blank after it ends the name
        return f" (?:{'|'.join(words)})" if words else ""


def fold(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as they are compared: words of lower-case letters without accents, one blank around each.

    People leave out accents, and write the same letter in several ways. Digits become one 0: a number is
    somebody's order, phone or amount. Signs such as 🙁 stay.
    """
    text = spell_one_way(text)
    text = pc.replace_substring_regex(text, r"[^\pL\pN\p{So}]+", " ")
    text = pc.replace_substring_regex(text, r"\p{Nd}+", "0")
    return pc.binary_join_element_wise(" ", pc.utf8_trim_whitespace(text), " ", "")


def split(text: pa.ChunkedArray) -> pa.ListArray:
    """The words of texts (`Texts.words`); Arrow cannot put letters together again, who shows them does."""
    text = pc.utf8_lower(pc.utf8_normalize(text, form="NFKD"))
    text = pc.replace_substring_regex(text, r"\S*[\p{Nd}@/]\S*", " ")  # numbers, addresses
    text = pc.replace_substring_regex(text, r"[^\pL\pM\x{200c}]+", " ")
    text = pc.replace_substring_regex(text, r"(?:^| )(?:(?:\pL\pM*){1,2}(?: |$))+", " ")
    return whole(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(text)))


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def fold_pattern(pattern: str) -> str:
    """A regular expression that fits folded texts."""
    folded: str = spell_one_way(pa.chunked_array([[pattern]], pa.string()))[0].as_py()
    return folded


def spell_one_way(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lower case, without accents, with one form of each letter."""
    text = pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(text, form="NFKD"), r"\pM+", ""))
    for letter, usual in (("ς", "σ"), ("ي", "ی"), ("ى", "ی"), ("ك", "ک"), ("\u200c", " ")):
        text = pc.replace_substring(text, letter, usual)
    return text


def known_languages(given: pa.ChunkedArray, text: pa.ChunkedArray) -> pa.ChunkedArray:
    """The language of each text: as given, else as detected; null where there is too little to tell."""
    code = pc.utf8_lower(pc.struct_field(pc.extract_regex(given, GIVEN), 0))
    missing = np.flatnonzero(code.is_null().to_numpy())
    if not len(missing):
        return code
    found = np.array(code.to_pylist(), dtype=object)
    found[missing] = detect_languages(text.take(pa.array(missing)))
    return pa.chunked_array([pa.array(found, pa.string())])


def detect_languages(text: pa.ChunkedArray) -> list[str | None]:
    """The languages of texts, from their letters alone, without a network."""
    # takes a second and 100 MB: only where languages are not given
    import py3langid  # type: ignore[import-untyped]  # publishes no types

    letters = pc.utf8_length(pc.replace_substring_regex(text, r"\PL+", "")).to_numpy()
    return [
        py3langid.classify(one[:ENOUGH])[0] if count >= LEAST_LETTERS else None
        for one, count in zip(text.to_pylist(), letters, strict=True)
    ]
