"""The colours and the basic style of every page, light and dark."""

from importlib import resources


def theme() -> str:
    """The style sheet that every page begins with."""
    return resources.files("holdfast.outreach.page").joinpath("theme.css").read_text(encoding="utf-8")
