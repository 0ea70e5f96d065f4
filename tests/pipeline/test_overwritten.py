"""Columns that an export overwrites, on the demo company: named and refused by audit and by train."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

SMALL = ("timeline.snapshots=12", "features.windows_days=[30,90]", "model.n_bags=1",
         "model.num_boost_round=60", "model.text=false", "audit.dates=1", "tracking=off")  # fmt: skip
SHIPPED = Path(__file__).parents[2] / "conf" / "source" / "demo.yaml"
SILENT_DAYS = 60


class Export:
    """The demo company's raw tables with a column that the export overwrote."""

    def __init__(self, company: Path, folder: Path) -> None:
        self.raw, self.folder, self.root = company / "data/raw/demo", folder, folder / "root"
        orders = pd.read_parquet(self.raw / "order_lines")
        last = orders[orders["status"] != "cancelled"].groupby("customer_no")["placed_at"].max()
        self.silent = (orders["placed_at"].max() - last).dt.days > SILENT_DAYS
        self.source = SHIPPED.read_text(encoding="utf-8").replace(
            "${paths.local}/data/raw/demo", str(self.raw)
        )

    def gone(self, who: pd.Series) -> pd.Series:
        """Whether each customer bought nothing for so long before the export."""
        return who.map(self.silent).fillna(value=True).astype(bool)

    def overwrite(self, table: str, key: str, values: Callable[[pd.Series], Any]) -> None:
        """Add the column `found` to a raw table."""
        rows = pd.read_parquet(self.raw / table)
        rows["found"] = values(self.gone(rows[key]))
        (self.folder / table).mkdir()
        rows.to_parquet(self.folder / table / "part-000.parquet")
        self.source = self.source.replace(str(self.raw / table), str(self.folder / table))

    def map(self, old: str, new: str) -> None:
        """Change the mapping."""
        assert old in self.source
        self.source = self.source.replace(old, new)

    def call(self, holdfast: Any, stage: str) -> Any:
        """A stage on this export."""
        conf = self.folder / "conf" / "source"
        conf.mkdir(parents=True, exist_ok=True)
        (conf / "export.yaml").write_text(self.source, encoding="utf-8")
        place = f"paths.root={self.root}"
        words = ("as_of=latest",) if stage == "score" else ()
        return holdfast(stage, "source=export", place, *SMALL, *words, "--config-dir", conf.parent)

    def card(self) -> dict[str, Any]:
        """The card of the only model."""
        (path,) = (self.root / "models").glob("20*/card.json")
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return card


@pytest.fixture
def export(company: Path, tmp_path: Path) -> Export:
    return Export(company, tmp_path)


def with_attribute(export: Export, values: Callable[[pd.Series], Any]) -> str:
    """The new column as an attribute; gives the feature."""
    export.overwrite("customers", "customer_no", values)
    export.map("segment: customer_type", "segment: customer_type\n      state: found")
    export.map("[country, language, segment]", "[country, language, segment, state]")
    return "profile__state__all"


def with_ticket_status(export: Export, values: Callable[[pd.Series], Any]) -> str:
    """The new column as the tickets' category; gives the feature."""
    export.overwrite("tickets", "customer_no", values)
    export.map("category: topic", "category: found")
    return "tickets__last_category__all"


def check_named(export: Export, holdfast: Any, column: str, remedy: str) -> None:
    """Audit and train refuse, both by name and with what to do, and neither blames silence."""
    audited = export.call(holdfast, "audit")
    assert audited.code == 4, audited.err
    assert f"{column} alone predicts churn" in audited.block
    assert remedy in " ".join(audited.block.split())
    assert "recency" not in audited.block
    trained = export.call(holdfast, "train")
    assert trained.code == 4, trained.err
    assert f"{column} alone predicts churn" in trained.block
    assert remedy in " ".join(trained.block.split())
    assert "gate.accept_leak=true" in trained.block
    scored = export.call(holdfast, "score")
    assert (scored.code, "no model has passed the gate" in scored.block) == (6, True)
    assert f"{column} alone predicts churn" in scored.block
    card = export.card()
    assert card["gate"]["decision"] == "kept"
    assert column in card["gate"]["leak"]["columns"]
    assert card["grade"] == "C"
    assert "knows the future" in card["grade_text"]
    warning = card["warnings"][0]
    assert warning.startswith(f"a column knows the future: {column} alone predicts")
    assert remedy in warning
    assert not any("recency" in one for one in card["warnings"])


def test_an_account_state_is_named(export: Export, holdfast: Any) -> None:
    column = with_attribute(export, lambda gone: gone.map({True: "closed", False: "active"}))
    check_named(export, holdfast, column, "or map valid_from")


@pytest.mark.slow
def test_a_final_ticket_status_is_named(export: Export, holdfast: Any) -> None:
    column = with_ticket_status(export, lambda gone: gone.map({True: "account closed", False: "solved"}))
    check_named(export, holdfast, column, "map the columns of tables.tickets with their values at known_at")


@pytest.mark.slow
def test_an_attribute_that_is_honest_is_not_named(export: Export, holdfast: Any) -> None:
    with_attribute(export, lambda gone: [f"depot {place % 7}" for place in range(len(gone))])
    audited = export.call(holdfast, "audit")
    assert audited.code == 0, audited.err
    assert export.call(holdfast, "train").code == 0
    assert not any("future" in one for one in export.card()["warnings"])
