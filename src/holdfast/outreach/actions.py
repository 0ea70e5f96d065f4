"""The words of the list in one language: actions by code, channels by name (`conf/outreach/actions/`)."""

import re

from pydantic import Field

from holdfast.errors import nearest
from holdfast.outreach.settings import OutreachSettings, ReasonCode, Text
from holdfast.settings import Settings

_CODE = re.compile(r"[A-Z][A-Z0-9_]*")


class Wording(Settings):
    """What the plays say in one language.

    Attributes:
        actions: code → what to do, as the team reads it.
        channels: channel as the settings name it → as the team reads it; one that is not here stays as it is.
        sources: where a reason is known from (recorded, list, explanation, facts) → as the team reads it.
    """

    actions: dict[ReasonCode, Text] = Field(default_factory=dict)
    channels: dict[Text, Text] = Field(default_factory=dict)
    sources: dict[Text, Text] = Field(default_factory=dict)

    def action(self, named: str) -> str:
        """The text of an action; what is no code is the text itself."""
        return self.actions.get(named, named)

    def channel(self, named: str) -> str:
        """The text of a channel."""
        return self.channels.get(named, named)


def check_actions(settings: OutreachSettings, wording: Wording, language: str) -> None:
    """Every code that a play names has a text.

    Raises:
        ValueError: one has none; says which, and the nearest that has.
    """
    for place, named in actions_of(settings):
        if _CODE.fullmatch(named) and named not in wording.actions:
            raise ValueError(
                f"outreach.{place}: the action {named} has no text in outreach/actions/{language}.yaml "
                f"({nearest(named, wording.actions)}); write the text there, or the text itself as the action"
            )


def actions_of(settings: OutreachSettings) -> list[tuple[str, str]]:
    """Where in the settings an action is named, and which."""
    found = [("default_action", settings.default_action), ("win_back_action", settings.win_back_action)]
    for code, play in settings.playbook.items():
        found.append((f"playbook.{code}", play.action or code))
        found += [
            (f"playbook.{code}.variants.{place}", variant.action)
            for place, variant in enumerate(play.variants)
            if variant.action is not None
        ]
    return found
