"""The uplift estimate for the list of one as-of date: how much a contact changes churn, and for whom.

data/uplift/<as_of>/uplift.json   the fitted estimate; no customer ids
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.artifacts.artifact import History, JsonArtifact
from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.models import find_model
from holdfast.files import write_json
from holdfast.timeline.outcome import Outcome

if TYPE_CHECKING:
    from holdfast.outcomes.randomized import Drawn
    from holdfast.outreach.playbook import Proven
    from holdfast.uplift.learner import Uplift


CONTENT = "uplift.json"
SUMMARY = ("what", "trust", "thirds", "listed", "held_out")  # in manifests


class UpliftEstimate(JsonArtifact):
    """One estimate; the manifest holds SUMMARY: whether it is used, and how well it predicts."""

    kind = "uplift"
    content_file = CONTENT

    def summary(self) -> dict[str, Any]:
        """Whether an estimate orders a list, and how well it predicts."""
        return {name: self.manifest[name] for name in SUMMARY}

    def model(self) -> "Uplift | None":
        """The estimate; None: it is not trusted at all."""
        from holdfast.uplift.learner import Uplift

        return Uplift.from_dict(self.content()["model"]) if self.manifest["trust"] else None

    def proven_actions(self) -> "dict[str, Proven]":
        """The actions that certainly keep customers, by code (or text, without one)."""
        from holdfast.outreach.playbook import Proven
        from holdfast.uplift.actions import ActionEffect

        effects = [ActionEffect(**effect) for effect in self.content()["actions"]]
        return {
            effect.action: Proven(effect.contacted, effect.saved, effect.low, effect.high, effect.cost)
            for effect in effects
            if effect.proven
        }


class UpliftHistory(History[UpliftEstimate]):
    """The estimates of all as-of dates, or of those before a day, oldest first."""

    kind = UpliftEstimate

    def experiments(self) -> dict[str, Any] | None:
        """as_of, campaigns and actions of the newest estimate that measured any; None: no estimate did."""
        for date in reversed(self.dates):
            content = {} if (estimate := self.find(date)) is None else estimate.content()
            found = {name: content.get(name, []) for name in ("campaigns", "actions")}
            if any(found.values()):
                return {"as_of": str(date), **found}
        return None

    def digest(self) -> Any:
        """What `experiments` returns, so that outcomes are measured again only if that changes."""
        return {"experiments": self.experiments()}


def write_uplift(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write the estimate and return the manifest entries."""
    write_json(folder / CONTENT, content)
    return {name: content[name] for name in SUMMARY}


def find_draws(lists: ListHistory, outcome: Outcome, known_until: dt.date, max_lists: int) -> "list[Drawn]":
    """The customers drawn on the most informative lists with a known outcome, oldest first.

    Args:
        known_until: the day until which outcomes are known.
    """
    from holdfast.outcomes.randomized import drawn_on, find_first_selected
    from holdfast.uplift.draws import Candidate, choose_lists

    selected = find_first_selected(lists.selected())
    candidates = []
    for date, published in lists.items():
        model = find_model(lists.root, published.model_version)
        candidates.append(
            Candidate(
                as_of=date,
                holdout_share=published.outreach_settings["holdout_share"],
                trained=None if model is None else model.as_of,
                selected=len(selected[date].first),
                mature=outcome.mature_at(date) <= known_until,
                decisions_kept=lists.keeps_decisions(date),
            )
        )
    chosen = [lists.experiment(date) for date in choose_lists(candidates, max_lists)]
    return [drawn_on(randomized, selected[randomized.as_of].first) for randomized in chosen]
