"""The source and the churn definition of a root: data/question.json.

Lists and models of different churn definitions cannot be compared. So the first artifact below a root fixes
its source and its churn definition.
"""

from typing import Any

from holdfast.artifacts.artifact import Root
from holdfast.errors import SettingError
from holdfast.files import read_json, write_json

Question = dict[str, Any]


def check_question(root: Root, asked: Question) -> None:
    """Refuse a source or churn definition that differs from the root's.

    Args:
        asked: `source` (its name) and `churn` (its settings).

    Raises:
        SettingError: the root has another one.
    """
    kept = _read(root)
    if any(asked[part] != kept[part] for part in kept):
        raise SettingError(
            "this folder serves another source or churn question: lists and models would not compare",
            where=str(root.path),
            found=_describe(asked),
            expected=_describe(kept),
            next_step="give this question a folder of its own: paths.root=…; "
            "to begin anew here, move models/ away, and all of data/ but data/raw/",
        )


def keep_question(root: Root, asked: Question, part: str) -> None:
    """Fix the root's `source` or `churn` definition, if it is not fixed yet.

    Args:
        part: `source` or `churn`.
    """
    kept = _read(root)
    if part not in kept:
        write_json(root.data / "question.json", kept | {part: asked[part]})


def _read(root: Root) -> Question:
    return read_json(root.data / "question.json") or {}


def _describe(question: Question) -> str:
    churn = ", ".join(f"{key}={value}" for key, value in sorted(question.get("churn", {}).items()))
    return f"source={question['source']}" + (f" churn: {churn}" if churn else "")
