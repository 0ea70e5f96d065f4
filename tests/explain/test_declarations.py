"""What families declare about their reasons is complete, and no text says more than is declared."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from hypothesis import given
from hypothesis import strategies as st
from tests.features.sentences import LANGUAGES, REASON_FILES, TEXTS, peers_like

from holdfast.explain.figures import Statements
from holdfast.explain.reasons import true_text
from holdfast.explain.settings import DEFAULTS
from holdfast.explain.texts import placeholders
from holdfast.features.families import FAMILIES
from holdfast.features.family import HIGHER, LOWER, Claim, Group, Reason, Windows
from holdfast.features.reasons import SUBSCRIBED, SUBSCRIBER
from holdfast.text import reasons as text

SPECS = Path(__file__).parents[1]
DECLARED = Statements([])
OWNERS = {reason.code: family.name for family in FAMILIES for reason in family.reasons}
OWNERS |= {reason.code: "text" for reason in text.REASONS}
FEATURES = {f"{family.name}__{one.name}": one for family in FAMILIES for one in family.features}
WINDOWS = {name: feature.windows for name, feature in FEATURES.items()}
WINDOWS |= {f"text__{measure}": Windows.BOTH for measure in text.MEASURES}
USED = {f"{one.name}__{each.name}": one.reason_of(each) for one in FAMILIES for each in one.features}
USED |= {f"text__{measure}": code for measure, (code, _) in text.MEASURES.items()}
USED |= {"text__topic": "TOPIC", "contacted__in_outcome": "HABIT"}
NEUTRAL = {"HABIT"}  # its text speaks of the model, not of the customer
SENTENCES = {language: texts.sentences for language, texts in TEXTS.items()}
REASONS = sorted(DECLARED.reasons.items())
reasons = pytest.mark.parametrize(("code", "reason"), REASONS, ids=[code for code, _ in REASONS])
languages = pytest.mark.parametrize("language", LANGUAGES)


# --- the declarations ----------------------------------------------------------------------------------


def test_every_reason_of_a_feature_is_declared_by_one_family() -> None:
    declared = [reason.code for family in FAMILIES for reason in family.reasons]
    declared += [reason.code for reason in text.REASONS]
    assert [code for code in set(declared) if declared.count(code) > 1] == [], "declared by two families"
    missing = {code: name for name, code in USED.items() if code not in declared}
    assert missing == {}, "no family declares these reasons: add Reason(…) to the family's `reasons`"
    other = {reason.otherwise for family in FAMILIES for reason in family.reasons if reason.otherwise}
    assert set(declared) == set(USED.values()) | other, "no feature has these reasons"
    absent = [kind for family in FAMILIES for reason in family.reasons for kind in reason.absent]
    assert len(absent) == len(set(absent)), "the absence of these facts speaks for two reasons"


@reasons
def test_a_reason_says_when_its_texts_are_true(code: str, reason: Reason) -> None:
    assert reason.general or reason.figures or reason.neutral or reason.levels, (
        f"{code}: say when its texts are true, by `general=Claim(…)` or `figures`"
    )
    assert not (reason.general and reason.neutral), f"{code}: a text that claims something is not neutral"
    assert reason.neutral == (code in NEUTRAL), (
        f"{code}: a neutral text is stated of anybody; list it here if it claims nothing about a customer"
    )


@reasons
def test_a_reason_is_about_features_of_its_family(code: str, reason: Reason) -> None:
    own = {name for name in reason.features if name.startswith(f"{OWNERS[code]}__")}
    assert own or not reason.features, f"{code} compares no feature of {OWNERS[code]}: {reason.features}"
    for name in reason.features:
        assert name in WINDOWS, f"{code} compares `{name}`, which is no feature"


@reasons
def test_what_a_reason_compares_has_a_riskier_side(code: str, reason: Reason) -> None:
    for claim in reason.claims:
        assert claim.than is None or DECLARED.sides[claim.feature], (
            f"{code} compares `{claim.feature}`: its Feature(…) must say whether HIGHER or LOWER is riskier"
        )
        missing = Windows.ALL if claim.has_windows else Windows.EACH
        assert WINDOWS[claim.feature] != missing, (
            f"{code}: `{claim.feature}` is not computed over such windows"
        )


@reasons
def test_a_spec_says_of_whom_a_reason_is_true_and_of_whom_not(code: str, reason: Reason) -> None:
    specs = "\n".join(path.read_text(encoding="utf-8") for path in SPECS.rglob("test_*.py"))
    shown = set(re.findall(r'says(?:_by_features)?\(\s*"(\w+)"', specs))
    assert code in shown or reason.neutral or reason.levels or code == "TOPIC", (  # its words: test_topics.py
        f'{code}: write a spec with says("{code}", "<its sentence>", of=…, not_of=…), see CONTRIBUTING.md'
    )


# --- the texts -----------------------------------------------------------------------------------------


@languages
def test_every_reason_has_texts_that_can_be_stated(language: str) -> None:
    assert list(SENTENCES[language]) == list(SENTENCES["en"])
    assert set(SENTENCES[language]) == set(DECLARED.reasons)
    for code, texts in SENTENCES[language].items():
        reason, asked = DECLARED.reasons[code], [placeholders(one) for one in texts]
        for names in asked:
            unknown = names - {*reason.placeholders}
            assert not unknown, f"{code} asks for {unknown}; its family declares {reason.placeholders}"
        english = [placeholders(one) for one in SENTENCES["en"][code]]
        assert asked == english, f"{code}: not the figures of the English texts"
        general = bool(reason.general or reason.neutral or reason.levels)
        assert asked.count(set()) == general, (
            f"{code}: a text without figures goes with `general` or `neutral`"
        )
        assert not general or asked[-1] == set(), f"{code}: the text without figures comes last"


@languages
def test_every_reason_has_a_label_on_the_page(language: str) -> None:
    page = yaml.safe_load((REASON_FILES.parent / "page" / f"{language}.yaml").read_text(encoding="utf-8"))
    assert set(page["labels"]) == set(DECLARED.reasons)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_is_translated(language: str) -> None:
    every = [one for texts in SENTENCES[language].values() for one in texts]
    assert [one for one in every if any(one in texts for texts in SENTENCES["en"].values())] == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_text_needs_another_form_for_another_number(language: str) -> None:
    """A count stands after a colon, or before what does not change: an abbreviation, a Persian noun."""
    unchanging = {
        "el": r"ημέρες|%|$|[·,:)]| στα 10| στην τελευταία| προηγούμενες",
        "fa": r" (?:روز|ساعت|درصد|از 10|داده|می‌دهد|است)|$|[؛،:]",
        "lt": r" (?:d\.|val\.|k\.|%|iš 10)|$|[;,:]",
    }[language]
    counted = [one for several in SENTENCES[language].values() for one in several if "{" in one]
    assert counted
    for one in counted:
        for rest in re.findall(r"\{\w+\}([^{]*)", one):
            assert re.match(f"(?:{unchanging})|\\s(?:{unchanging})", rest), one


WORDS = {
    HIGHER: r"\b(more|longer|larger|bigger|higher|slower|dearer)\b",
    LOWER: r"\b(fewer|less|smaller|lower|shorter|narrower|rarely|cheaper)\b",
}
TURNED = {"SURVEY_SILENCE"}  # the more days since an answer, the less they say


@reasons
def test_the_english_text_speaks_of_the_riskier_side(code: str, reason: Reason) -> None:
    """'Buys smaller packs' cannot come from a feature of which higher values are declared as riskier."""
    sentence = SENTENCES["en"][code][-1].replace("leave more often", "")
    spoken = {side.name for side, words in WORDS.items() if re.search(words, sentence)}
    if code not in TURNED and not placeholders(sentence):
        side = DECLARED.sides[reason.general.feature] if reason.general else None
        claimed = {side.name} if side else set()
        assert spoken <= claimed, f"{code}: '{sentence}' speaks of {spoken}, its family claims {claimed}"


# --- of whom they are stated ---------------------------------------------------------------------------


def columns_of(name: str) -> Iterator[str]:
    """Some columns of a feature."""
    if WINDOWS[name] != Windows.ALL:
        yield from (f"{name}__{days}d" for days in (30, 60, 90, 180))
    if WINDOWS[name] != Windows.EACH:
        yield f"{name}__all"


def days_between(claim: Claim, row: dict[str, float]) -> float:
    """The customer's usual days between two facts of a claim's family; 0 where that is not known."""
    names = DECLARED.rhythms.get(claim.feature.partition("__")[0], ())
    first, *rest = [row[f"{name}__all"] for name in names] or [math.nan]
    days = first / rest[0] if rest and rest[0] else math.nan if rest else first
    return 0.0 if math.isnan(days) else days


def is_true(claim: Claim, window: str, row: dict[str, float], peer: dict[str, float]) -> bool:
    """Whether a claim is true over one window, written once more from the words of its docstring."""
    value, higher = row[f"{claim.feature}__{window}"], DECLARED.sides[claim.feature] is HIGHER
    if not (value > claim.above and value >= claim.at_least and value <= claim.at_most):
        return False
    if claim.peers is not Group.NOBODY and DECLARED.sides[claim.feature] is not None:
        other = peer[f"{claim.feature}__{window}"]
        clear = not (claim.clear_of_peers and value < DEFAULTS.clear_ratio * other)
        if not (clear and (value > other if higher else value < other)):
            return False
    if claim.confirmed_by:
        mean, usual = (row[f"{claim.confirmed_by}__{over}"] for over in (window, "all"))
        if mean < claim.at_least * usual:
            return False
    if claim.than is None:
        return True
    if claim.than == "before":
        than = row.get(f"{claim.feature}__{2 * int(window[:-1])}d", math.nan) - value
    else:
        than = row[f"{claim.than}__all"]
        if math.isnan(than):
            return True
        than *= DEFAULTS.clear_ratio if claim.clearly else 1
    return (value > than if higher else value < than) or (claim.or_equal and value == than)


def is_true_somewhere(claim: Claim, row: dict[str, float], peer: dict[str, float]) -> bool:
    """Whether a claim is true over any window that it is about."""
    windows = [column.rpartition("__")[2] for column in columns_of(claim.feature)]
    if claim.last and row[f"{claim.last}__all"] > DEFAULTS.recent_days:
        return False
    if not claim.has_windows:
        return is_true(claim, "all", row, peer)
    days = claim.shortest or claim.longest or 0
    windows = [window for window in windows if window != "all" and int(window[:-1]) >= days]
    if claim.recent:
        windows = [window for window in windows if int(window[:-1]) <= DEFAULTS.recent_days]
    else:
        windows = [window for window in windows if int(window[:-1]) >= days_between(claim, row)]
    return any(is_true(claim, window, row, peer) for window in windows)


@reasons
@given(data=st.data())
def test_a_sentence_is_stated_only_of_those_of_whom_it_is_true(
    code: str, reason: Reason, data: st.DataObject
) -> None:
    """Over customers of every kind, on either side of what they are compared with."""
    numbers = st.sampled_from([math.nan, -30.0, 0.0, 0.5, 0.9, 1.0, 1.5, 3.0, 8.0, 40.0, 400.0])
    rhythms = {
        name for feature in reason.features for name in DECLARED.rhythms.get(feature.split("__")[0], ())
    }
    columns = [column for name in sorted(reason.features | rhythms) for column in columns_of(name)]
    customers = st.fixed_dictionaries(dict.fromkeys(columns, numbers))
    row, peer = data.draw(customers, label="customer"), data.draw(customers, label="peer")
    statements = Statements(columns)
    general = is_true_somewhere(reason.general, row, peer) if reason.general else reason.neutral
    if SUBSCRIBED in reason.figures and row[f"{SUBSCRIBER}__all"] >= 0:
        general = False
    claims = {name: one.claim for one in reason.figures for name in one.placeholders}
    for language, texts in TEXTS.items():
        sentence = true_text(code, row, peers_like(peer), texts, statements)
        if sentence is None:
            assert not general, language
        elif sentence == texts.sentences[code][-1] and not placeholders(texts.sentences[code][-1]):
            assert general, language
    for name in statements.figures(code, row, peers_like(peer)):
        several = [one.claim for one in reason.figures if name in one.placeholders and one.claim]
        assert not claims[name] or any(is_true_somewhere(one, row, peer) for one in several), name
