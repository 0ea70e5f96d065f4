"""What a source file says of columns, and what becomes of it: names, SQL, types, times, keys, currencies."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from holdfast.errors import SettingError


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def csv(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def column_of(result: Any, name: str, table: str = "transactions") -> list[Any]:
    return [row[name] for row in result.validated(table)]


ORDERS = ("customer_id", "transaction_id", "occurred_at", "amount")


def table(path: Path, columns: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"transactions": {"read": str(path), "columns": columns, **more}}


def test_names_with_odd_characters_and_other_case(run, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", 'Kunden-Nr.,Order ID,Größe (€),When,"a,b"', "1,A,2,2026-03-01,3")
    columns = {
        "customer_id": "Kunden-Nr.",
        "transaction_id": "Order ID",
        "occurred_at": "when",
        "amount": '"Größe (€)" * "a,b"',
    }
    assert column_of(run(table(path, columns)), "amount") == [6.0]


def test_raw_column_named_as_another_contract_column(run, tmp_path: Path) -> None:
    """The mapping reads raw columns, the rules mapped ones, though their names cross."""
    path = csv(tmp_path / "a.csv", "amount,customer_id,transaction_id,occurred_at", "c1,10,A,2026-03-01")
    columns = {
        "customer_id": "amount",
        "transaction_id": "transaction_id",
        "occurred_at": "occurred_at",
        "amount": "customer_id * 2",
    }
    row = run(table(path, columns)).validated()[0]
    assert (row["customer_id"], row["amount"]) == ("c1", 20.0)


def test_constants_and_bare_yaml_values(run, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "who,at,score", "1,2026-03-01,9")
    columns = {"customer_id": "who", "answered_at": "at", "kind": "'NPS'", "score": 7}
    result = run({"surveys": {"read": str(path), "columns": columns}})
    assert [(row["kind"], row["score"]) for row in result.validated("surveys")] == [("nps", 7.0)]


@pytest.mark.parametrize(
    ("raw", "expression", "expected"),
    [
        (("2", "3.5"), "x * 2", [4.0, 7.0]),
        (("2", "3"), "x // 2", [1.0, 1.0]),
        (("2", "bad", "3"), "x * 2", [4.0, None, 6.0]),
        (("true", "false"), "CASE WHEN x THEN 1 ELSE 0 END", [1.0, 0.0]),
        (("2026-01-01", "2026-02-01"), "month(x)", [1.0, 2.0]),
        (("2026-01-01T10:00:00Z", "2026-01-01T11:00:00+01:00"), "epoch(x) % 100000", [61600.0, 61600.0]),
        (("007", "8"), "length(x)", [3.0, 1.0]),
        (("a1", "2"), "CASE WHEN x LIKE 'a%' THEN 1 ELSE 2 END", [1.0, 2.0]),
        (("1", "2"), "CASE WHEN x LIKE '1%' THEN 1 ELSE 2 END", [1.0, 2.0]),
        (("4", "five"), "CAST(x AS INTEGER)", [4.0, None]),
    ],
)
def test_expressions_see_the_types_of_the_text(
    run, tmp_path: Path, raw: tuple[str, ...], expression: str, expected: list[float | None]
) -> None:
    path = csv(tmp_path / "a.csv", "who,at,x", *(f"{i},2026-03-01,{x}" for i, x in enumerate(raw)))
    columns = {"customer_id": "who", "transaction_id": "who", "occurred_at": "at", "amount": expression}
    result = run(table(path, columns))
    assert column_of(result, "amount") == [value for value in expected if value is not None]
    assert result.reports["transactions"].rejected == expected.count(None)


def test_column_mapped_to_an_id_stays_text_in_expressions(run, tmp_path: Path) -> None:
    """Whether an id looks like a number depends on the day's file; what `where` means must not."""
    path = csv(tmp_path / "a.csv", "no,who,at,x", "536365,1,2026-03-01,5", "536366,2,2026-03-01,6")
    columns = {"customer_id": "who", "transaction_id": "no", "occurred_at": "at", "amount": "x"}
    result = run(table(path, columns, where="no NOT LIKE 'C%' AND who <> '2'"))
    assert column_of(result, "customer_id") == ["1"]


def test_where_that_cannot_say_leaves_out(run, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv", ",".join((*ORDERS, "kind")), *(f"1,A,2026-03-01,1,{k}" for k in ("x", "", "y"))
    )
    report = run(table(path, {name: name for name in ORDERS}, where="kind = 'x'")).reports["transactions"]
    assert (report.read, report.accepted, report.rejected, report.out_of_scope) == (3, 1, 0, 2)


def test_rows_left_out_are_not_judged(run, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", ",".join(ORDERS), "1,A,2026-03-01,1", ",B,never,x")
    report = run(table(path, {name: name for name in ORDERS}, where="customer_id IS NOT NULL")).reports
    assert (report["transactions"].out_of_scope, report["transactions"].rejected) == (1, 0)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("yes", True), ("No", False), ("TRUE", True), ("0", False), ("y", True), ("", None), ("f", False)],
)
def test_consent_as_people_write_it(run, tmp_path: Path, cell: str, expected: bool | None) -> None:
    path = csv(tmp_path / "a.csv", "id,consent,name", f"1,{cell},Ann", "2,yes,Eva")
    columns = {"customer_id": "id", "consent": "consent", "name": "name"}
    result = run({"customers": {"read": str(path), "columns": columns}})
    assert column_of(result, "consent", "customers") == [expected, True]


def test_consent_that_cannot_be_read_is_not_taken_for_unknown(run, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "id,consent", "1,yes", "2,opted out")
    result = run({"customers": {"read": str(path), "columns": {"customer_id": "id", "consent": "consent"}}})
    assert result.reports["customers"].by_rule == {"consent_unreadable": 1}


def test_attributes_keep_their_own_type(run, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "id,age,code,vip,born,half", "1,30,007,true,1996-01-01,15.5")
    names = ["age", "code", "vip", "born", "twice"]
    columns = {"customer_id": "id", **{name: name for name in names[:-1]}, "twice": "half * 2"}
    result = run({"customers": {"read": str(path), "columns": columns, "attributes": names}})
    row = result.validated("customers")[0]
    assert [row[name] for name in names] == [30.0, "007", True, wall("1996-01-01"), 31.0]
    assert isinstance(row["age"], float)


def test_other_currencies_are_rejected_unless_rates_are_given(run, tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a.csv",
        ",".join((*ORDERS, "cur")),
        *(f"1,A,2026-03-01,10,{c}" for c in ("GBP", "usd", "", "JPY")),
    )
    columns = {**{name: name for name in ORDERS}, "currency": "cur", "discount": "amount / 2"}
    strict = run(table(path, columns), currency="GBP")
    assert strict.reports["transactions"].by_rule == {"other_currency": 2}
    rated = run(table(path, columns), currency="GBP", rates={"USD": 0.8})
    assert column_of(rated, "amount") == [10.0, 8.0, 10.0]
    assert column_of(rated, "discount") == [5.0, 4.0, 5.0]


def test_validated_types_and_columns(run, tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", ",".join(ORDERS), "1,A,2026-03-01,1")
    result = run(table(path, {**{name: name for name in ORDERS}, "quantity": "1"}))
    schema = pq.read_table(result.folder / "validated" / "transactions.parquet").schema
    assert {field.name: str(field.type) for field in schema} == {
        "customer_id": "string",
        "transaction_id": "string",
        "occurred_at": "timestamp[us]",
        "amount": "double",
        "known_at": "timestamp[us]",
        "quantity": "double",
    }
    assert result.reports["transactions"].columns == schema.names


@pytest.mark.parametrize(
    "where", [None, "who IN ('1','2','3','4','5','6','7','8','9','10','11','12') OR x > 0"]
)
def test_same_input_is_the_same_bytes_whatever_the_threads(run, tmp_path: Path, where: str | None) -> None:
    rows = [f"{i * 7919 % 1000},T{i},2026-03-01,{(i % 5 - 2) * 0.0 if i % 3 else i}" for i in range(150_000)]
    path = csv(tmp_path / "a.csv", "who,no,at,x", *rows, *rows[:50], "1,T,never,1")
    columns = {
        "customer_id": "who",
        "transaction_id": "no",
        "occurred_at": "at",
        "amount": "x * 1",
        "line_id": "no",
    }
    settings = table(path, columns, **({"where": where} if where else {}))
    first, second = run(settings, threads=1), run(settings, threads=2)
    assert first.bytes() == second.bytes()
    assert first.reports == second.reports
    assert first.reports["transactions"].by_rule["duplicate_key"] >= 1


@pytest.mark.parametrize(
    ("column", "text", "told"),
    [
        ("amount", "Quantiy * price", r"no column 'Quantiy'[\s\S]*did you mean 'quantity'"),
        ("amount", "prize", r"no column 'prize'[\s\S]*did you mean 'price'"),
        ("amount", "quantity *", r"neither the name of a raw column nor an SQL expression"),
        ("amount", "quantity price", r"neither the name"),
        ("amount", "DROP TABLE x", r"neither the name"),
        ("amount", "no_such_function(price)", r"does not accept the SQL expression[\s\S]*no_such_function"),
        ("where", "quantity > 0 AND colour = 1", r"no column 'colour'"),
    ],
)
def test_wrong_mappings_are_told_with_their_setting(
    run, tmp_path: Path, column: str, text: str, told: str
) -> None:
    path = csv(
        tmp_path / "a.csv", "customer_id,transaction_id,occurred_at,quantity,price", "1,A,2026-03-01,2,3"
    )
    columns = {**{name: name for name in ORDERS[:3]}, "amount": "price"}
    settings = table(path, {**columns, column: text} if column != "where" else columns)
    if column == "where":
        settings["transactions"]["where"] = text
    with pytest.raises(SettingError, match=told) as refused:
        run(settings)
    place = "where" if column == "where" else "columns.amount"
    assert refused.value.lines["where"] == f"source.tables.transactions.{place}"
