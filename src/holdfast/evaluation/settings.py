"""Settings of the gate (`conf/gate/`)."""

from pydantic import Field

from holdfast.settings import Settings


class GateSettings(Settings):
    """What replaces a champion, what earns a grade A, and what is thin; `conf/gate/default.yaml` explains.

    Attributes:
        auc_margin: AUC.
        most_ece, good_ece: mean distance of probabilities and shares, 0 to 1; `most_ece` beyond chance.
        least_list_lift: times the average churn rate.
        accept_less: hold a challenger with less to learn from against what is left of the champion's recipe.
        too_good_auc, good_auc: AUC.
        few_customers, few_churners: counts.
        few_horizons: span of training in outcome windows.
    """

    auc_margin: float = Field(default=0.005, ge=0, lt=0.5)
    most_ece: float = Field(default=0.1, ge=0, le=1)
    least_list_lift: float = Field(default=1.0, ge=0)
    accept_less: bool = False
    too_good_auc: float = Field(default=0.97, gt=0.5, le=1)
    good_auc: float = Field(default=0.7, ge=0.5, le=1)
    good_ece: float = Field(default=0.05, ge=0, le=1)
    few_customers: int = Field(default=500, ge=0)
    few_churners: int = Field(default=100, ge=0)
    few_horizons: float = Field(default=4.0, ge=0)
