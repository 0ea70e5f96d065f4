"""Two demo companies with a retention report: one with purchases, one with subscriptions."""

from pathlib import Path

from tests.pipeline.conftest import run_command

AS_OF = "2026-07-06"
SUBSCRIBERS = ("source=demo_subscriptions", "churn=cancellation")
SHOP = ("demo.truth_weeks=4", "demo.truth_draws=1")


def build_company(root: Path, *words: str) -> None:
    """Simulate the company, and make the report."""
    for stage in ("simulate", "retention"):
        called = run_command(stage, *words, f"paths.root={root}", "tracking=off", "demo.customers=500")
        assert called.code == 0, called.err


def report_folder(root: Path) -> Path:
    """The folder of its report."""
    return root / "data/retention" / AS_OF
