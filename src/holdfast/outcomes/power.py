"""Statistical power: the smallest detectable effect, and the customers needed for a given effect.

Cohen (1988), Statistical Power Analysis, with the arcsine effect size for two proportions (two-sided, 5%).
"""

import math
from typing import Any

from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from holdfast.metrics.bootstrap import CONFIDENCE


def judge_power(*, rate: float, listed: int, held: int, min_effect: float, power: float) -> dict[str, Any]:
    """The smallest effect that these customers can show, and the customers needed for `min_effect`.

    Args:
        rate: churn rate of the held out, that is without a contact.
        min_effect: a difference in churn rates.
        power: the probability of detecting it.

    Returns:
        visible: the smallest difference that is detected with that probability; None: not even an effect that
        keeps everybody is. needed_held, needed_listed: the customers that `min_effect` takes, in the same
        proportion; more_held, more_listed: the same minus the present ones. None: nobody would leave.
    """
    ratio, alpha = listed / held, 1 - CONFIDENCE
    test = NormalIndPower()
    size = float(test.solve_power(nobs1=held, alpha=alpha, power=power, ratio=ratio))
    angle = 2 * math.asin(math.sqrt(rate)) - size
    figures: dict[str, Any] = {"visible": rate - math.sin(angle / 2) ** 2 if angle > 0 else None}
    names = ("needed_held", "needed_listed", "more_held", "more_listed")
    if rate <= 0:
        return figures | dict.fromkeys(names)
    effect = proportion_effectsize(rate, max(0.0, rate - min_effect))
    needed = float(test.solve_power(effect_size=effect, alpha=alpha, power=power, ratio=ratio))
    both = math.ceil(needed), math.ceil(needed * ratio)
    more = max(0, both[0] - held), max(0, both[1] - listed)
    return figures | dict(zip(names, (*both, *more), strict=True))
