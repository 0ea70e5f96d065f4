"""What to do: by reason, tier and renewal date; in every language that comes with Holdfast."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pydantic
import pytest
from omegaconf import OmegaConf

from holdfast.config import load_config
from holdfast.errors import SettingError
from holdfast.outreach.actions import Wording, actions_of, check_actions
from holdfast.outreach.playbook import Proven, choose
from holdfast.outreach.settings import OutreachSettings, Tier

AS_OF = date(2026, 8, 1)
CONF = Path(__file__).parents[2] / "conf" / "outreach"
LANGUAGES = ("el", "en", "fa", "lt")
CHANNELS = {"high": "visit", "medium": "call", "low": "mail"}
PLAYBOOK: dict[str, Any] = {
    "PLAN": {},
    "OPEN_TICKET": {"action": "Solve it", "channel": {"low": "call"}},
    "RENEWAL_NEAR": {
        "variants": [
            {"when": {"tier": ["high"], "renewal_within_days": 60}, "action": "RENEWAL_SOON"},
            {"when": {"renewal_within_days": 10}, "channel": {"low": "visit"}},
        ]
    },
}
SETTINGS = OutreachSettings(channels=CHANNELS, playbook=PLAYBOOK)


def wording(language: str) -> Wording:
    content: Any = OmegaConf.to_container(OmegaConf.load(CONF / "actions" / f"{language}.yaml"))
    return Wording.model_validate(content)


def chosen(
    *codes: str | None, tier: Tier = "low", renews_in: int | None = None
) -> tuple[str, tuple[str, ...]]:
    renewal = None if renews_in is None else AS_OF + timedelta(days=renews_in)
    return choose(codes, tier, renewal, SETTINGS, AS_OF)


def test_the_first_reason_with_a_play_decides():
    assert chosen("HABIT", "OPEN_TICKET", "PLAN") == ("Solve it", ("call",))
    assert chosen("HABIT", None, None) == ("DEFAULT", ("mail",))
    assert chosen("PLAN", tier="medium") == ("PLAN", ("call", "mail"))


def test_variants_are_for_a_tier_and_a_renewal_date():
    assert chosen("RENEWAL_NEAR", tier="high", renews_in=60) == ("RENEWAL_SOON", ("visit", "call", "mail"))
    assert chosen("RENEWAL_NEAR", tier="high", renews_in=61)[0] == "RENEWAL_NEAR"
    assert chosen("RENEWAL_NEAR", tier="medium", renews_in=30)[0] == "RENEWAL_NEAR"
    assert chosen("RENEWAL_NEAR", tier="high")[0] == "RENEWAL_NEAR"  # not known when


def test_a_variant_replaces_only_what_it_names():
    assert chosen("RENEWAL_NEAR", tier="low", renews_in=10) == ("RENEWAL_NEAR", ("visit",))
    assert chosen("RENEWAL_NEAR", tier="low", renews_in=11) == ("RENEWAL_NEAR", ("mail",))


def test_an_action_that_is_proven_to_be_worth_more_comes_first():
    def taken(*codes: str, settings: OutreachSettings = SETTINGS, **worth: float) -> str:
        return choose(codes, "low", None, settings, AS_OF, worth=lambda action: worth.get(action, 0.0)).action

    assert taken("OPEN_TICKET", "PLAN", PLAN=4.0) == "PLAN"
    assert taken("OPEN_TICKET", "PLAN", PLAN=-4.0) == "Solve it"
    assert taken("OPEN_TICKET", "HABIT", PLAN=4.0) == "Solve it", "it fits none of the reasons"
    assert taken("PLAN", "RENEWAL_NEAR", PLAN=2.0, RENEWAL_NEAR=5.0) == "RENEWAL_NEAR"
    urgent = OutreachSettings(playbook=PLAYBOOK | {"OPEN_TICKET": {"urgent": True}})
    assert taken("PLAN", "OPEN_TICKET", settings=urgent, PLAN=4.0) == "OPEN_TICKET"


def test_evidence_is_said_in_every_language():
    proven = Proven(1420, 0.061, 0.022, 0.104, None)
    assert wording("en").evidence(proven) == "tried on 1420 customers: 6 points (2 to 10) fewer left"
    for language in LANGUAGES:
        assert re.findall(r"[\d,]+", wording(language).evidence(proven)) == ["1420", "6", "2", "10"], language


def test_what_a_proven_action_brings_is_its_lower_end_less_its_cost():
    assert Proven(420, 0.06, 0.02, 0.1, 3.0).worth(200.0, contact_cost=1.0) == pytest.approx(1.0)
    assert Proven(420, 0.06, 0.02, 0.1, None).worth(200.0, contact_cost=1.0) == pytest.approx(3.0)


SHIPPED: Any = OmegaConf.to_container(OmegaConf.load(CONF / "default.yaml"))
SHIPPED["database"]["url"] = None


def step(*codes: str, known: tuple[str, ...] = ()) -> str:
    """The code of the next step by the playbook that comes with Holdfast."""
    return choose(codes, "low", None, OutreachSettings.model_validate(SHIPPED), AS_OF, known).action


def test_talk_of_leaving_is_answered_before_a_ticket():
    assert step("RECENT_TICKET", "TALKS_OF_LEAVING") == "LEAVING_AFTER_TROUBLE"
    assert step("OPEN_TICKET", "LONG_SILENCE", "TALKS_OF_LEAVING") == "LEAVING_AFTER_TROUBLE"
    assert step("LONG_SILENCE", "TALKS_OF_LEAVING") == "TALKS_OF_LEAVING"
    assert step("LONG_SILENCE", "OPEN_TICKET") == "OPEN_TICKET"


def test_another_supplier_is_answered_with_the_trouble_that_came_before():
    for trouble in ("OPEN_TICKET", "MANY_TICKETS", "SLOW_SUPPORT"):
        assert step(trouble, "TALKS_OF_COMPETITOR") == "COMPETITOR_AFTER_TROUBLE"
    assert step("PRICE_UP", "TALKS_OF_COMPETITOR") == "TALKS_OF_COMPETITOR"


def test_silence_is_answered_together_with_what_came_before_it():
    assert step("LONG_SILENCE") == "LONG_SILENCE"
    assert step("LONG_SILENCE", "SLOW_SUPPORT") == "SILENT_AFTER_TROUBLE"
    assert step("LONG_SILENCE", "SPEND_DOWN", "PRICE_UP") == "SILENT_AFTER_PRICE_RISE"
    assert step("LONG_SILENCE", "USES_WITHOUT_BUYING") == "USES_WITHOUT_BUYING"
    assert step("LONG_SILENCE", "FEWER_ORDERS") == "SILENT_AFTER_BUYING_LESS"
    assert step("LONG_SILENCE", "RARELY_BUYS") == "RARELY_BUYS"  # perhaps bought once: nothing "used to be"
    assert step("LONG_SILENCE", "RARELY_BUYS", known=("products",)) == "RARELY_BUYS_PRODUCTS"


def test_no_step_speaks_of_what_is_not_known():
    texts = wording("en")
    for code in ("RARELY_BUYS", "SPEND_DOWN", "LESS_VARIETY"):
        bare = texts.action(step(code))
        assert not re.search(r"product|categor|no longer buy", bare), bare
        assert step(code, known=("products", "categories")) != step(code)


def test_subscribers_have_steps_of_their_own():
    for code in ("LONG_SILENCE", "USAGE_DOWN", "PRICE_UP"):
        assert step(code, known=("subscription",)) != step(code), code
    everything = ("subscription", "products", "categories", "usage")
    for code in (
        "LONG_SILENCE", "LONGER_GAPS", "FEWER_ORDERS", "SPEND_DOWN", "SMALLER_ORDERS", "LESS_VARIETY",
        "RARELY_BUYS", "USES_WITHOUT_BUYING",
    ):  # fmt: skip
        assert step(code, known=everything) == "SILENT_SUBSCRIBER", code
    assert step("LONG_SILENCE", "USES_WITHOUT_BUYING", known=everything) == "SILENT_SUBSCRIBER"
    assert step("LONG_SILENCE", "SLOW_SUPPORT", known=everything) == "RECENT_TICKET"
    assert step("LONG_SILENCE", "PRICE_UP", known=everything) == "PRICE_UP_SUBSCRIBER"


@pytest.mark.parametrize("language", ["el", "en", "fa", "lt"])
def test_no_step_for_a_subscriber_speaks_of_orders(language: str):
    texts = wording(language)
    words = {"en": "order|buy|bought", "el": "παραγγελ|αγορ", "fa": "سفارش|خرید", "lt": "užsak|pirk"}
    silent = ("LONG_SILENCE", "LONGER_GAPS", "FEWER_ORDERS", "SPEND_DOWN", "RARELY_BUYS", "USAGE_DOWN")
    for code in silent:
        for other in (None, "SLOW_SUPPORT", "PRICE_UP", "FEWER_ORDERS", "USES_WITHOUT_BUYING"):
            codes = (code,) if other in (None, code) else (code, other)
            text = texts.action(step(*codes, known=("subscription", "products", "categories", "usage")))
            assert not re.search(words[language], text, re.IGNORECASE), (codes, text)


def test_an_urgent_play_comes_first_and_a_variant_needs_its_reasons():
    settings = OutreachSettings(
        playbook={
            "B": {"urgent": True},
            "A": {"variants": [{"when": {"reasons": ["C", "D"]}, "action": "WITH"}]},
            "E": {"urgent": True},
        }
    )
    assert choose(["A", "E", "B"], "low", None, settings, AS_OF).action == "B"
    assert choose(["A", "D"], "low", None, settings, AS_OF).action == "WITH"
    assert choose(["A", "F"], "low", None, settings, AS_OF).action == "A"


@pytest.mark.parametrize(
    ("play", "told"),
    [
        ({"variants": [{"when": {}, "action": "A"}]}, "give tier"),
        ({"variants": [{"when": {"tier": ["high"]}}]}, "changes nothing"),
        ({"variants": [{"when": {"tier": ["huge"]}, "action": "A"}]}, "high"),
        ({"variants": [{"when": {"known": ["weight"]}, "action": "A"}]}, "products"),
        ({"variants": [{"when": {"renewal_days": 3}, "action": "A"}]}, "renewal_days"),
        ({"channel": {"top": "visit"}}, "high"),
    ],
)
def test_a_wrong_play_is_a_clear_error(play, told):
    with pytest.raises(pydantic.ValidationError, match=told):
        OutreachSettings(playbook={"PLAN": play})


def test_a_limit_for_a_channel_that_nobody_uses_is_an_error():
    with pytest.raises(pydantic.ValidationError, match="did you mean 'help desk call'"):
        OutreachSettings(capacity_per_channel={"help desk cal": 3})


def test_an_action_without_a_text_is_an_error():
    texts = Wording(actions={"DEFAULT": "Lookup", "WIN_BACK": "Lookup", "PLAN": "Check"})
    check_actions(OutreachSettings(playbook={"PLAN": {}, "TONE": {"action": "Read on"}}), texts, "en")
    with pytest.raises(ValueError, match=r"playbook\.PLAM: the action PLAM .*did you mean 'PLAN'"):
        check_actions(OutreachSettings(playbook={"PLAM": {}}), texts, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_and_channel_has_a_text_in_every_language(language):
    settings: Any = OmegaConf.to_container(OmegaConf.load(CONF / "default.yaml"))
    settings["database"]["url"] = None
    outreach, texts, english = OutreachSettings.model_validate(settings), wording(language), wording("en")
    check_actions(outreach, texts, language)
    assert set(texts.actions) == set(english.actions)
    assert set(texts.actions) == {named for _, named in actions_of(outreach)}
    assert set(texts.channels) == set(english.channels) == set(outreach.channel_names)
    assert set(texts.sources) == {"recorded", "list", "explanation", "facts"}
    for text in (*texts.actions.values(), *texts.channels.values(), *texts.sources.values()):
        assert text == text.strip()
        assert language == "en" or text not in (*english.actions.values(), *english.channels.values())


@pytest.mark.parametrize(("language", "letters"), [("el", "Α-ωάέήίόύώ"), ("fa", "آ-ی"), ("lt", "ąčęėįšųūž")])
def test_texts_are_in_their_own_script(language, letters):
    texts = list(wording(language).actions.values())
    written = [text for text in texts if re.search(f"[{letters}]", text)]
    assert len(written) >= len(texts) - 1


def test_a_language_is_one_more_file_in_each_folder(tmp_path):
    for group in ("actions", "page", "reasons"):
        folder = tmp_path / "outreach" / group
        folder.mkdir(parents=True)
        (folder / "de.yaml").write_text((CONF / group / "en.yaml").read_text("utf-8"), encoding="utf-8")
    assert load_config(["language=de"], tmp_path).language == "de"
    with pytest.raises(SettingError, match="no reasons in 'de'"):
        load_config(["language=de"])
