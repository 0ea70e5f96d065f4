"""uplift: experiments and lists with a random hold-out → the effect of a contact on each customer.

It learns only from lists and campaigns whose outcome was known by the as-of date, with features as of their
own date.
"""

from typing import Any

from holdfast.artifacts.lists import ListHistory
from holdfast.artifacts.streams import Streams
from holdfast.artifacts.uplift import find_draws, write_uplift
from holdfast.artifacts.validated import ValidatedTables
from holdfast.features.request import outcome_at
from holdfast.runtime.context import StageRun
from holdfast.uplift.estimate import Question, estimate_uplift, not_used


def learn_uplift(
    run: StageRun, lists: ListHistory, validated: ValidatedTables, streams: Streams
) -> dict[str, Any]:
    """Learn the effect of a contact, or state why it is unknown."""
    settings, churn = run.settings, run.settings.churn
    if not settings.uplift.use:
        return write_uplift(run.out, not_used("not used: switched off (uplift.use)"))
    with run.engine() as engine:
        tables = validated.tables(engine)
        outcome = outcome_at(tables, churn, settings.timeline, run.day)
        known_until = min(run.day, validated.known_until(churn.stream))
        draws = find_draws(lists, outcome, known_until, settings.uplift.max_lists)
        question = Question(
            tables, run.buckets(streams), settings.source.attributes, run.day, known_until, churn=churn,
            features=settings.features, outcome=outcome, settings=settings.uplift,
            accept_share=settings.outreach.accept_share, wording=settings.wording, seed=settings.seed,
        )  # fmt: skip
        content = estimate_uplift(draws, question)
    return write_uplift(run.out, content)
