"""Parse mapped values: the name of a raw column, or an SQL expression over raw columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from holdfast.errors import SettingError, by_likeness, nearest
from holdfast.sources.sql import in_ascii, quoted

# Functions whose result depends on the day or the run.
VOLATILE = {
    "current_date", "current_time", "current_timestamp", "current_localtime", "current_localtimestamp",
    "localtime", "localtimestamp", "current_datetime", "now", "today", "get_current_time",
    "get_current_timestamp", "transaction_timestamp", "current_setting", "getenv", "age", "rand", "random",
    "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval", "setseed", "row_number",
}  # fmt: skip
TEXT_FUNCTIONS = (
    exp.DPipe, exp.Concat, exp.ConcatWs, exp.Lower, exp.Upper, exp.Trim, exp.Replace, exp.RegexpReplace,
    exp.RegexpExtract,
)  # fmt: skip
# Of these only the first argument is a text.
PARTS_OF_TEXT = (exp.Pad, exp.Substring, exp.SplitPart, exp.Left, exp.Right)


@dataclass(frozen=True)
class Value:
    """A mapped value.

    Attributes:
        where: its setting, for messages.
        column: the raw column, if the value is a plain column.
        tree: else the parsed SQL, with columns spelled as in the raw table.
    """

    where: str
    column: str | None
    tree: exp.Expr | None

    @property
    def columns(self) -> list[str]:
        """The raw columns that it reads."""
        if self.tree is None:
            return [self.column] if self.column is not None else []
        return list(dict.fromkeys(node.name for node in self.tree.find_all(exp.Column)))

    @property
    def rowwise(self) -> bool:
        """Whether it depends only on its row: no window, other table, clock or random number."""
        if self.tree is None:
            return True
        if self.tree.find(exp.Window, exp.Query, exp.AggFunc) is not None:
            return False
        names = {node.sql_name().lower() for node in self.tree.find_all(exp.Func)}
        names |= {node.name.lower() for node in self.tree.find_all(exp.Anonymous)}
        return not names & VOLATILE

    def sql(self, retyped: Mapping[str, str], texts: Mapping[str, str] = MappingProxyType({})) -> str:
        """The value as DuckDB's SQL.

        Args:
            retyped: raw column → the SQL that replaces it.
            texts: raw column → the SQL that replaces it where only its text counts (see `_only_text_counts`).
        """
        if self.tree is None:
            assert self.column is not None
            return retyped.get(self.column, quoted(self.column))

        def replace(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Column) or node.name not in retyped:
                return node
            sql = texts[node.name] if node.name in texts and _only_text_counts(node) else retyped[node.name]
            return sqlglot.parse_one(in_ascii(sql) if _is_parsed(node) else sql, read="duckdb")

        return self.tree.transform(replace).sql(dialect="duckdb")


def _is_parsed(node: exp.Expr) -> bool:
    """Whether a column is an argument of strptime or try_strptime, which read ASCII digits only."""
    parent = node.parent
    is_try = isinstance(parent, exp.Anonymous) and parent.name.lower() == "try_strptime"
    return is_try or isinstance(parent, exp.StrToTime)


def _only_text_counts(node: exp.Expr) -> bool:
    """Whether only the text of a column is used: by a function of texts or a cast to text, or as the result.

    Brackets, `coalesce`, `nullif` and the branches of a condition pass a text through.
    """
    child, parent = node, node.parent
    while parent is not None:
        is_first = child.arg_key == "this"
        if isinstance(parent, TEXT_FUNCTIONS) or (isinstance(parent, PARTS_OF_TEXT) and is_first):
            return True
        if isinstance(parent, exp.Cast) and parent.is_type("text"):
            return True
        passes = isinstance(parent, exp.Paren | exp.Coalesce) or (isinstance(parent, exp.Nullif) and is_first)
        if not (passes or (isinstance(parent, exp.If | exp.Case) and not is_first)):
            return False
        child, parent = parent, parent.parent
    return True


def parse_value(text: str, names: Sequence[str], where: str) -> Value:
    """Parse a mapped value for a table with the columns `names`.

    A text that equals a column's name is that column, whatever characters it has.

    Raises:
        SettingError: it names an unknown column, or is no SQL.
    """
    stripped = text.strip()
    folded = {name.lower(): name for name in names}
    exact = stripped if stripped in names else folded.get(stripped.lower())
    if exact is not None:
        return Value(where, exact, None)
    try:
        tree = sqlglot.parse_one(stripped, read="duckdb")
    except SqlglotError:
        raise _no_meaning(stripped, names, where) from None
    if isinstance(tree, exp.Alias) or not isinstance(tree, exp.Condition):  # two words, or a statement
        raise _no_meaning(stripped, names, where)
    bound = {name.name for scope in tree.find_all(exp.Lambda) for name in scope.expressions}
    for node in tree.find_all(exp.Column):
        if node.name in bound or node.parts[0].name in bound:
            continue
        path = ".".join(part.name for part in node.parts)  # a field within another, such as requester.id
        name = path if path in names else folded.get(path.lower())
        if name is None:
            raise unknown_column(path, names, where)
        if node is tree:
            return Value(where, name, None)
        node.replace(exp.column(name, quoted=True))
    return Value(where, None, tree)


def unknown_column(name: str, names: Sequence[str], where: str) -> SettingError:
    """The refusal of an unknown column."""
    return SettingError(
        f"the raw table has no column '{name}'",
        where=where,
        found="its columns, the nearest first: " + ", ".join(by_likeness(name, names)),
        expected=hint if (hint := nearest(name, names)).startswith("did") else None,
        next_step="name a column as it is spelled in the file, or write an SQL expression",
    )


def _no_meaning(text: str, names: Sequence[str], where: str) -> SettingError:
    return SettingError(
        "neither the name of a raw column nor an SQL expression",
        where=where,
        found=text,
        expected="a column, the nearest first: " + ", ".join(by_likeness(text, names)),
        next_step="put the name of a column with odd characters in double quotes within an expression",
    )
