"""Facts of single texts: found in four languages however they are spelled; odd texts do no harm."""

import unicodedata
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from holdfast.text.log import TextLog
from holdfast.text.parsing import TextParser, complete_languages, normalize
from holdfast.text.settings import Words

LogOf = Callable[..., TextLog]
AT = ("2024-01-05T10:00", "2024-01-05T10:00")


def column(*texts: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([list(texts)], pa.string())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hello,  World!", " hello world "),
        ("Οι ΤΙΜΈΣ μας", " οι τιμεσ μασ "),
        ("Žąsinas BRANGU", " zasinas brangu "),
        ("می‌خواهم كتاب ۱۲۳", " می خواهم کتاب 0 "),
        ("call 0170-1234567", " call 0 0 "),
        ("bad 🙁!", " bad 🙁 "),
        ("...", "  "),
    ],
)
def test_texts_are_compared_without_case_accents_and_digits(text: str, folded: str) -> None:
    assert normalize(column(text))[0].as_py() == folded


@pytest.mark.parametrize(
    ("language", "text", "expected"),  # leaving, price, competitor
    [
        ("en", "We are cancelling our contract.", (1, 0, 0)),
        ("en", "It costs too much, the competitors are cheaper", (0, 1, 1)),
        ("en", "Where is my parcel? Please apprise me.", (0, 0, 0)),
        ("el", "Θελω να κλεισω τον λογαριασμο μου", (1, 0, 0)),  # without accents
        ("el", "ΠΟΛΎ ΑΚΡΙΒΆ, οι ανταγωνιστές σας έχουν φθηνότερα", (0, 1, 1)),
        ("lt", "Noriu nutraukti sutarti", (1, 0, 0)),
        ("lt", "Per brangu, pas konkurentus pigiau", (0, 1, 1)),
        ("fa", "میخواهم عضویت را لغو کنم، لغو اشتراک", (1, 0, 0)),
        ("fa", "خیلی گران است، رقبا ارزان‌ترند", (0, 1, 1)),
        ("de", "I will never buy again", (1, 0, 0)),  # no list of its own: held against all
        ("", "ακριβό", (0, 1, 0)),
    ],
)
def test_what_a_text_talks_of(
    language: str, text: str, expected: tuple[int, ...], words: dict[str, Words], log_of: LogOf
) -> None:
    facts = TextParser(words).parse(log_of([("a", *AT, language or None, text)])).facts
    assert tuple(int(facts[name][0]) for name in ("leaving", "price", "competitor")) == expected


def test_a_competitors_name_is_found_as_a_whole_word_in_any_language(
    words: dict[str, Words], log_of: LogOf
) -> None:
    texts = ["at ACME-Café", "acme cafe is open", "acmecafes", "στο Acme Café"]
    log = log_of([(str(place), *AT, "el" if place == 3 else "en", text) for place, text in enumerate(texts)])
    assert TextParser(words, ("Acme Café",)).parse(log).facts["competitor"].tolist() == [1, 1, 0, 1]
    assert TextParser(words, (" ",)).parse(log).facts["competitor"].sum() == 0


def test_a_text_is_read_the_same_whatever_stands_beside_it(words: dict[str, Words], log_of: LogOf) -> None:
    odd = ["", "🙁🙁🙁", "\u200b\u202e", "x" * 100_000, "中文没有空格", "ا" * 5000, "e\u0301" * 3000]
    rows = [(f"{place}", *AT, None if place % 2 else "zz", text) for place, text in enumerate(odd)]
    rows.append(("9", *AT, "en", "cancel my account"))
    together, alone = TextParser(words).parse(log_of(rows)), TextParser(words).parse(log_of(rows[-1:]))
    assert together.facts["leaving"].tolist() == [0] * 7 + [1]
    assert together.normalized[-1] == alone.normalized[0]
    assert np.isfinite(together.facts["length"]).all()
    assert TextParser({}).parse(log_of([])).language.to_pylist() == []


@pytest.mark.parametrize(
    ("given", "text", "language"),
    [
        ("EN", "οτιδήποτε", "en"),
        ("pt-BR", "olá", "pt"),
        (None, "Ich möchte meinen Vertrag zum Monatsende kündigen.", "de"),
        (None, "Kur yra mano siunta? Laukiu jau visą savaitę.", "lt"),
        (None, "Πού βρίσκεται η παραγγελία μου; Περιμένω μια εβδομάδα.", "el"),
        (None, "سفارش من کجاست؟ یک هفته است که منتظرم.", "fa"),
        ("unknown", "Where is the parcel that I have been waiting for?", "en"),
        (None, "ok 123 🙁", None),
    ],
)
def test_language_is_taken_as_given_or_detected(given: str | None, text: str, language: str | None) -> None:
    assert complete_languages(column(given), column(text)).to_pylist() == [language]


@pytest.mark.parametrize(("pattern", "match"), [("(", "no regular expression"), ("x?", "every text")])
def test_a_word_list_that_cannot_be_is_refused(pattern: str, match: str) -> None:
    with pytest.raises(ValidationError, match=match):
        Words(leaving=(pattern,), price=(), competitor=())


def test_words_to_show_hold_no_numbers_and_addresses(words: dict[str, Words], log_of: LogOf) -> None:
    text = "Schreiben an ab cd ef anna.muster@web.de oder https://a.b/c, "
    text += "Tel. 0170-12 34, Bestellung SO1234 Λάθος می‌شود"
    read = TextParser(words).parse(log_of([("a", *AT, "de", text)]))
    composed = [unicodedata.normalize("NFC", word) for word in read.words.to_pylist()[0]]
    assert composed == ["schreiben", "oder", "tel", "bestellung", "λάθος", "می‌شود"]
