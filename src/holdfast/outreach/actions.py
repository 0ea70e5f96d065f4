"""The texts of actions and channels in one language (`conf/outreach/actions/`)."""

import re
from typing import TYPE_CHECKING

from pydantic import Field

from holdfast.errors import nearest
from holdfast.outreach.settings import OutreachSettings, ReasonCode, Text
from holdfast.settings import Settings

if TYPE_CHECKING:
    from holdfast.outreach.playbook import Proven

_CODE = re.compile(r"[A-Z][A-Z0-9_]*")


class Wording(Settings):
    """The texts of the playbook in one language.

    Attributes:
        actions: code → text for the team.
        channels: name in the settings → text for the team; a channel without a text keeps its name.
        sources: origin of a reason (recorded, list, explanation, facts) → text for the team.
        tried: what a proven action has changed; {customers}, {saved}, {low} and {high} are filled in.
    """

    actions: dict[ReasonCode, Text] = Field(default_factory=dict)
    channels: dict[Text, Text] = Field(default_factory=dict)
    sources: dict[Text, Text] = Field(default_factory=dict)
    tried: Text = "tried on {customers} customers: {saved} points ({low} to {high}) fewer left"

    def action(self, code: str) -> str:
        """The text of an action; an unknown code is itself the text."""
        return self.actions.get(code, code)

    def code(self, text: str) -> str:
        """The code of an action's text; an unknown text is itself the code."""
        return next((code for code, stated in self.actions.items() if stated == text), text)

    def evidence(self, proven: "Proven") -> str:
        """What a proven action has changed, in points."""
        shares = {"saved": proven.saved, "low": proven.low, "high": proven.high}
        points = {name: f"{100 * share:.0f}" for name, share in shares.items()}
        return self.tried.format(customers=proven.customers, **points)

    def channel(self, name: str) -> str:
        """The text of a channel."""
        return self.channels.get(name, name)


def check_actions(settings: OutreachSettings, wording: Wording, language: str) -> None:
    """Raise a ValueError unless every action code of the playbook has a text."""
    for key, action in actions_of(settings):
        if _CODE.fullmatch(action) and action not in wording.actions:
            raise ValueError(
                f"outreach.{key}: the action {action} has no text in outreach/actions/{language}.yaml "
                f"({nearest(action, wording.actions)}); "
                "write the text there, or the text itself as the action"
            )


def actions_of(settings: OutreachSettings) -> list[tuple[str, str]]:
    """Every setting that names an action, with the action."""
    actions = [("default_action", settings.default_action), ("win_back_action", settings.win_back_action)]
    for code, play in settings.playbook.items():
        actions.append((f"playbook.{code}", play.action or code))
        actions += [
            (f"playbook.{code}.variants.{index}", variant.action)
            for index, variant in enumerate(play.variants)
            if variant.action is not None
        ]
    return actions
