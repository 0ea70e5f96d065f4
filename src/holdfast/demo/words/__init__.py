"""Names of customers and texts of tickets, one file for each language."""

from importlib import resources
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types

from holdfast.demo.words.phrases import Goods, Names, Phrases

LANGUAGES = ("en", "el", "lt", "fa")


def _read(language: str) -> dict[str, Any]:
    text = resources.files(__name__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return content


def _phrases(content: dict[str, Any]) -> Phrases:
    goods = {group: Goods(*names) for group, names in content["goods"].items()}
    problems = {topic: tuple(texts) for topic, texts in content["problems"].items()}
    parts = {name: tuple(content[name]) for name in ("greetings", "closings", "again", "annoyed", "leaving")}
    return Phrases(goods=goods, problems=problems, digits=content["digits"], **parts)


_CONTENT = {language: _read(language) for language in LANGUAGES}
PHRASES = {language: _phrases(content) for language, content in _CONTENT.items()}
NAMES = {
    language: Names(**{part: tuple(names) for part, names in content["names"].items()})
    for language, content in _CONTENT.items()
}
OWNERS_OF = {language: tuple(content["owners"]) for language, content in _CONTENT.items()}
