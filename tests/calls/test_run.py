"""`holdfast.running.run`: a command from Python, as notebooks use it."""

import os
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import DataRefused
from holdfast.running import run

SOURCE = """# a shop
historical: true
tables:
  transactions:
    read: ${{paths.root}}/orders.csv
    columns: {{customer_id: who, transaction_id: receipt, occurred_at: {when}, amount: paid}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A root with an export and its source file."""
    (tmp_path / "orders.csv").write_text(
        "who,receipt,day,paid,odd\n007,a,2026-01-05,9.5,x\n", encoding="utf-8"
    )
    (tmp_path / "conf/source").mkdir(parents=True)
    return tmp_path


def validate(shop: Path, when: str) -> Any:
    (shop / "conf/source/shop.yaml").write_text(SOURCE.format(when=when), encoding="utf-8")
    return run("validate", "source=shop", f"paths.root={shop}", "tracking=off", config_dir=shop / "conf")


def test_it_returns_what_the_command_made_and_prints_nothing(
    shop: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = os.umask(0o022)
    made = validate(shop, "day")
    assert made.reports["transactions"]["accepted"] == 1
    assert (shop / "data").stat().st_mode & 0o077 == 0  # for this user alone, as from the command line
    assert os.umask(before) == 0o022  # the caller's own files are made as before
    assert capfd.readouterr() == ("", "")


def test_it_raises_what_the_command_would_print(shop: Path) -> None:
    with pytest.raises(DataRefused, match="occurred_at_unreadable"):
        validate(shop, "odd")
