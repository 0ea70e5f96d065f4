"""A page is one file: its style and pictures inside, nothing fetched, no script run."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from holdfast.outreach.page.theme import theme
from holdfast.reports.style import to_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parent


class Tile(NamedTuple):
    """A key figure at the top of a page."""

    name: str
    value: str
    note: str


def render_page(template: str, values: Mapping[str, Any]) -> bytes:
    """A template of this folder, filled; every value is escaped."""
    style = theme() + (FOLDER / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    page = environment.get_template(template).render(values, style=Markup(style), policy=Markup(policy))
    return page.encode()


def show(figure: "Figure") -> str:
    """A figure as a data URI."""
    return data_address(to_png(figure))


def data_address(picture: bytes) -> str:
    """A PNG as a data URI."""
    return "data:image/png;base64," + base64.b64encode(picture).decode()
