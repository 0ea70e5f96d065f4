"""docs/features.md is what the list of families says."""

import importlib.util
from pathlib import Path
from types import ModuleType

from holdfast.features.families import FAMILIES

DOCS = Path(__file__).parents[2] / "docs"


def script() -> ModuleType:
    """docs/features.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_features", DOCS / "features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "features.md").read_text(encoding="utf-8") == script().page(), (
        "run: python docs/features.py"
    )


def test_every_feature_has_its_line() -> None:
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    for family in FAMILIES:
        for feature in family.features:
            assert text.count(f"| `{family.name}__{feature.name}` |") == 1
