"""docs/features.md is what the list of families says."""

from tests.documents import DOCS, docs_script

from holdfast.features.families import FAMILIES


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "features.md").read_text(encoding="utf-8") == docs_script("features").page(), (
        "run: python docs/features.py"
    )


def test_every_feature_has_its_line() -> None:
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    for family in FAMILIES:
        for feature in family.features:
            assert text.count(f"| `{family.name}__{feature.name}` |") == 1
