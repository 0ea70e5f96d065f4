"""docs/howto.md: its source files are accepted, and its commands run, in its order."""

import datetime as dt
import re
import sqlite3
from pathlib import Path

import pytest
from tests.documents import DOCS
from tests.pipeline.conftest import rhythmic_orders

from holdfast.cli import main

TEXT = (DOCS / "howto.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^( *)```(yaml|console)\n(.*?)^ *```$", TEXT, re.DOTALL | re.MULTILINE)


def raw_data(folder: Path) -> None:
    """A few rows for each section."""
    raw = folder / "data/raw"
    raw.mkdir(parents=True)
    late = dt.datetime.now(dt.UTC).date() - dt.date(2024, 6, 2)  # the orders of `rhythmic_orders` end then
    rows = [
        f"{who};{no};{(at.date() + late).strftime('%d.%m.%Y')};2;{f'{paid / 2:.2f}'.replace('.', ',')}"
        for who, no, at, paid in rhythmic_orders()
    ]
    (raw / "orders-1.csv").write_text("\n".join(["Kunde;Beleg;Datum;Menge;Preis", *rows]) + "\n")
    people = [f"{n:05};Kunde {n};ja;k{n}@shop.example" for n in range(150)]
    (raw / "people.csv").write_text("\n".join(["Nr;Name;Werbung;Mail", *people]) + "\n")
    with sqlite3.connect(folder / "shop.db") as con:
        con.execute("CREATE TABLE lines (client TEXT, no TEXT, placed TEXT, total REAL)")
        con.executemany(
            "INSERT INTO lines VALUES (?, ?, '2025-03-04', 5)", [("007", "A"), ("007", "A"), ("8", "B")]
        )
    (folder / "saas/data/raw").mkdir(parents=True)
    (folder / "saas/data/raw/subscriptions.csv").write_text(
        "id,account,start,canceled_at,ended_at,amount\ns1,a,2024-01-01,,,29\ns2,b,2024-01-01,2025-01-05,2025-02-01,29\n"
    )


def run(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run a command below the folder, and return its words."""
    root = [] if any(word.startswith("paths.root=") for word in words) else [f"paths.root={folder}"]
    code = main([*words[1:], *root, "tracking=off"])
    captured = capsys.readouterr()
    assert code == 0, f"{' '.join(words)}\n{captured.err}"
    if words[1] == "validate" and "source=shop" in words:
        assert re.search(r"transactions\W+([\d,]+)\W+\1\W+0\W+0", captured.out), captured.out
    return words[1:]


def test_the_commands_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    commands = []
    for indent, kind, content in BLOCKS:
        text = re.sub(f"^{indent}", "", content, flags=re.MULTILINE)
        if kind == "yaml":
            path = tmp_path / text.splitlines()[0].removeprefix("# ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            continue
        commands += [run(line.split(), tmp_path, capsys) for line in text.splitlines()]
    assert [words[0] for words in commands] == [*["validate"] * 4, "train", "score", "monitor"]
    listed = (tmp_path / "data/at_risk/latest/at_risk.csv").read_text(encoding="utf-8-sig")
    assert listed.splitlines()[0].endswith(",Mail")
    assert "@shop.example" in listed
    assert (tmp_path / "data/validated/shop/report.html").is_file()
    assert (tmp_path / "warehouse/data/validated/warehouse/transactions.parquet").is_dir()
