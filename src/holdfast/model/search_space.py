"""The search space of hyperparameter tuning, as Optuna takes it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from holdfast.model.settings import ModelSettings, SearchSpace, TuningSettings

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

DIGITS = 3  # of a proposed number


def create_study(settings: TuningSettings, seed: int) -> "Study":
    """An empty study; with the same results it proposes the same trials."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=settings.n_startup_trials),
    )


def distributions(space: SearchSpace, given: ModelSettings) -> dict[str, "BaseDistribution"]:
    """The distribution of each searched setting, widened where needed to include the given value."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    by_name: dict[str, BaseDistribution] = {}
    for name in type(space).model_fields:
        values, value = getattr(space, name), getattr(given, name)
        if values is None:
            continue
        low, high = min(*values, value), max(*values, value)
        if name == "logistic_C":
            by_name[name] = CategoricalDistribution(sorted({*values, value}))
        elif isinstance(value, int):
            by_name[name] = IntDistribution(low, high, log=True)
        else:
            by_name[name] = FloatDistribution(low, high, log=low > 0)
    return by_name


def penalties_of(given: ModelSettings, space: SearchSpace) -> tuple[float, ...]:
    """All values of `logistic_C` that a trial may have."""
    return tuple(sorted({given.logistic_C, *(space.logistic_C or ())}))


def with_params(given: ModelSettings, params: Mapping[str, Any]) -> ModelSettings:
    """The given settings with a trial's parameters, in few digits."""
    rounded = {
        name: value if isinstance(value, int) or name == "logistic_C" else float(f"{value:.{DIGITS}g}")
        for name, value in params.items()
    }
    return ModelSettings.model_validate(given.model_dump() | rounded)
