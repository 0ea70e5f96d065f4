"""The notebooks run from first cell to last, as a reader would run them, on one small company."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MACHINE = r"ipykernel_\d+|/(?:home|root|tmp|work|Users|private)/\w|0x[0-9a-f]{6,}"
LARGEST = 300_000  # bytes of a notebook with its outputs


def outputs_of(notebook: Any) -> list[Any]:
    """All outputs, in order."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def sentences(notebook: Any) -> list[str]:
    """The sentences that cells wrote, without their figures and what follows from the last digit of one."""
    written = [output.get("data", {}).get("text/markdown") for output in outputs_of(notebook)]
    figures = r"[-+\d.,:]*\d|may be chance|is more than chance"
    return [re.sub(figures, "0", text) for text in written if text is not None]


@pytest.fixture(scope="session")
def folder(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The notebooks with the company that they share."""

    def build(place: Path) -> None:
        for path in (*NOTEBOOKS, ROOT / "notebooks" / "company.py"):
            shutil.copy(path, place)
        subprocess.run([sys.executable, "-c", "import company; company.prepare()"], cwd=place, check=True)

    return built_once("notebooks", build)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of this folder, and pictures drawn without a window."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, folder: Path) -> None:
    stored, notebook = nbformat.read(path, as_version=4), nbformat.read(folder / path.name, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()  # an error in a cell, a failed `assert` too, ends the test
    outputs = outputs_of(notebook)
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert sentences(notebook) == sentences(stored), "run: make notebook"
    assert len([output for output in outputs if "text/html" in output.get("data", {})]) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_outputs_are_small_and_of_this_code(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "run: make notebook"
    outputs = outputs_of(notebook)
    assert {output.output_type for output in outputs} <= {"execute_result", "stream"}
    pictures = [
        output.metadata["image/png"]["alt"] for output in outputs if "image/png" in output.get("data", {})
    ]
    assert all(len(alt) > 40 for alt in pictures)
    assert pictures or path.stem.startswith("05")
    assert re.findall(MACHINE, path.read_text(encoding="utf-8")) == []
    assert path.stat().st_size < LARGEST
