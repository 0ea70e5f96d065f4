"""Names and texts as SQL writes them."""

from collections.abc import Iterable, Sequence


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """A text or a path as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def read_parquet(files: Iterable[object], options: str = "") -> str:
    """The SQL that reads Parquet files, in the order given."""
    return f"read_parquet([{', '.join(map(literal, files))}]{options})"


def unique_names(names: Sequence[object]) -> tuple[str, ...]:
    """Column names as an engine can tell them apart: blank ones numbered, repeated ones suffixed."""
    seen: set[str] = set()
    result = []
    for position, given in enumerate(names):
        name = str(given).strip() if given is not None else ""
        name = name or f"column{position}"
        candidate, number = name, 0
        while candidate.lower() in seen:
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate.lower())
        result.append(candidate)
    return tuple(result)
