"""What the README shows works as it is written there."""

import re
from pathlib import Path

import pandas as pd
import pytest

from holdfast.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    """The README's source file and tables that fit it; the words that choose them."""
    (tmp_path / "conf/source").mkdir(parents=True)
    source = re.findall(r"```yaml\n# \S+/conf/source/shop.yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "conf/source/shop.yaml").write_text(source[0], encoding="utf-8")
    raw = tmp_path / "data/raw/shop"
    raw.mkdir(parents=True)
    orders = {
        "client": ["007", "007", "12"],
        "order_no": ["a", "b", "c"],
        "ordered_at": ["2026-01-05 10:00", "2026-02-05 11:00", "2026-02-06 12:00"],
        "quantity": [1, 2, -1],
        "price": [9.5, 3.25, 4.0],
    }
    tickets = {
        "client": ["007"],
        "id": ["t1"],
        "created": [pd.Timestamp("2026-01-06 09:00")],
        "closed": [pd.Timestamp("2026-01-07 09:30")],
    }
    pd.DataFrame(orders).to_csv(raw / "orders.csv", index=False)
    pd.DataFrame(tickets).to_excel(raw / "tickets.xlsx", index=False)
    return ["source=shop", "--config-dir", str(tmp_path / "conf"), f"paths.root={tmp_path}", "tracking=off"]


def test_source_file_of_the_readme(shop: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["validate", *shop]) == 0, capsys.readouterr().err
    validated = tmp_path / "data/validated/shop"
    orders = pd.read_parquet(validated / "transactions.parquet").sort_values("transaction_id")
    assert orders["customer_id"].tolist() == ["007", "007", "12"]
    assert orders["amount"].tolist() == [9.5, 6.5, -4.0]
    tickets = pd.read_parquet(validated / "tickets.parquet")
    assert tickets["resolved_at"].tolist() == [pd.Timestamp("2026-01-07 09:30")]


def test_help_names_every_stage_of_the_readme(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("COLUMNS", raising=False)  # a line for each stage
    assert main(["--help"]) == 0
    shown = re.findall(r"^  (\w+) +(.+)$", capsys.readouterr().out, re.M)
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|$", README, re.M)
    assert set(rows) < {(stage, does.replace(" as_of", " `as_of`")) for stage, does in shown}
