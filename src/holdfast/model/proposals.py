"""What a search proposes: Optuna's study, the space it draws from, and recipes made of what it draws."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from holdfast.model.settings import ModelSettings, Space, TuningSettings

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

DIGITS = 3  # of a proposed number


def open_study(settings: TuningSettings, seed: int) -> "Study":
    """An empty study; it proposes the same to whoever tells it the same."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=settings.warm_up),
    )


def distributions(space: Space, given: ModelSettings) -> dict[str, "BaseDistribution"]:
    """Where each setting is searched; the given one always lies within."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for name in type(space).model_fields:
        values, own = getattr(space, name), getattr(given, name)
        if values is None:
            continue
        low, high = min(*values, own), max(*values, own)
        if name == "linear_strength":
            found[name] = CategoricalDistribution(sorted({*values, own}))
        elif isinstance(own, int):
            found[name] = IntDistribution(low, high, log=True)
        else:
            found[name] = FloatDistribution(low, high, log=low > 0)
    return found


def strengths(given: ModelSettings, space: Space) -> tuple[float, ...]:
    """All that a search may ask the folds' logistic regressions for."""
    return tuple(sorted({given.linear_strength, *(space.linear_strength or ())}))


def changed(given: ModelSettings, params: Mapping[str, Any]) -> ModelSettings:
    """The given settings with what was proposed, in few digits."""
    rounded = {
        name: value if isinstance(value, int) or name == "linear_strength" else float(f"{value:.{DIGITS}g}")
        for name, value in params.items()
    }
    return ModelSettings.model_validate(given.model_dump() | rounded)


def searched(recipe: ModelSettings, params: Mapping[str, Any]) -> dict[str, float]:
    """A recipe's settings of those that are searched."""
    return {name: getattr(recipe, name) for name in params}
