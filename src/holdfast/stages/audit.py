"""audit: validated tables and training features → proof that no feature sees the future, or the leaks."""

from typing import Any

from holdfast.artifacts.audits import write_audit
from holdfast.artifacts.features import Features
from holdfast.artifacts.validated import ValidatedTables
from holdfast.audit.examine import examine
from holdfast.audit.feature_maker import FeatureMaker, choose_customers
from holdfast.audit.leakage_experiment import choose_dates
from holdfast.features.request import training_request
from holdfast.runtime.context import StageRun


def audit(run: StageRun, validated: ValidatedTables, features: Features) -> dict[str, Any]:
    """Run the leakage experiment, and look for columns that leak by themselves."""
    settings, attributes, churn = run.settings, run.settings.source.attributes, run.settings.churn
    with run.engine() as engine:
        tables = validated.tables(engine)
        _, request = training_request(
            tables, attributes, run.day, churn=churn, features=settings.features, timeline=settings.timeline
        )
        customers = choose_customers(tables[churn.stream], settings.audit.max_customers)
        content = examine(
            tables, features.table(),
            FeatureMaker(engine, attributes, churn, settings.features, customers),
            choose_dates(request.dates, run.day, settings.audit.dates),
            {column.name: column.streams[0] for column in request.plan.columns},
            settings.audit, settings.seed,
        )  # fmt: skip
    content |= {
        "as_of": str(run.day), "question": churn.question, "settings": settings.audit.model_dump(mode="json")
    }  # fmt: skip
    return write_audit(run.out, content)
