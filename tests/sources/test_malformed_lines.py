"""Lines that cannot be split into columns are counted and kept, and no other line is lost with them."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.sources.records import split_records

HEADER = "customer_id,transaction_id,occurred_at,amount\n"
GOOD = "1,A,2026-03-01,5\n"


def test_too_few_and_too_many_cells(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + GOOD + "1,A\n" + GOOD + "1,A,2026-03-01,5,6,7,8\n,A,2026-03-01,5\n")
    result = run(orders(path))
    report = result.reports["transactions"]
    assert (report.read, report.accepted, report.rejected) == (5, 2, 3)
    assert [(row["row"], row["rule"], row["line"]) for row in result.rejected()] == [
        (3, "malformed_line", "1,A"),
        (5, "malformed_line", "1,A,2026-03-01,5,6,7,8"),
        (6, "customer_id_missing", None),
    ]


def test_unconvertible_cell_rejects_its_row_only(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + GOOD * 6000 + "1,A,2026-03-01,five\n" + GOOD)
    result = run(orders(path))
    assert result.reports["transactions"].by_rule == {"amount_unreadable": 1}
    assert [(row["row"], row["amount"]) for row in result.rejected()] == [(6002, "five")]


@pytest.mark.parametrize("after", [3, 20_000])
def test_quote_that_never_closes_spoils_its_own_line_only(run, orders, tmp_path: Path, after: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + GOOD + '1,"A,2026-03-01,5\n' + GOOD * after)
    result = run(orders(path))
    report = result.reports["transactions"]
    assert (report.read, report.accepted, report.by_rule) == (after + 2, after + 1, {"malformed_line": 1})
    assert [(row["row"], row["line"]) for row in result.rejected()] == [(3, '1,"A,2026-03-01,5')]


def test_mixed_line_ends(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEADER + GOOD).replace("\n", "\r\n").encode() + GOOD.encode() * 2)
    assert run(orders(path)).reports["transactions"].accepted == 3


def test_stray_bytes_reject_their_line_where_the_encoding_was_said(run, orders, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEADER + GOOD).encode() + b"caf\xe9,A,2026-03-01,5\n" + GOOD.encode())
    report = run(orders(path, csv={"encoding": "utf-8"})).reports["transactions"]
    assert (report.accepted, report.by_rule) == (2, {"malformed_line": 1})


def split(text: str, width: int = 2) -> list[tuple[int, list[str] | None]]:
    records = split_records(iter(text.split("\n")), width, ",", '"', '"', first_line=2)
    return [(record.line, record.cells) for record in records]


def test_records_of_a_broken_file() -> None:
    assert split('a,b\n"x\ny",c\n\n"open,d\ne,f\n"g"h,i\nj\nk,l,') == [
        (2, ["a", "b"]),
        (3, ["x\ny", "c"]),
        (6, None),
        (7, ["e", "f"]),
        (8, None),
        (9, None),
        (10, ["k", "l"]),
    ]


def sound(customer: str, value: str, amount: str) -> tuple[str, str]:
    """A line that can be split, and what becomes of it."""
    text = ",".join([customer, '"' + value.replace('"', '""') + '"', "2026-03-01", amount])
    if amount == "9":
        return text, "out of scope"
    if not customer:
        return text, "customer_id_missing"
    if not value.strip():
        return text, "transaction_id_missing"
    return text, "accepted" if amount == "5" else "amount_unreadable"


entry = st.one_of(
    st.builds(
        sound,
        st.sampled_from(["1", "007", "é", ""]),
        # Behind a quote that never closes, a quoted value that began with a comma would be its end.
        st.just("") | st.text(alphabet='ab",;\n\t é', max_size=4).map(lambda text: f"v{text}"),
        st.sampled_from(["5", "five", "9"]),
    ),
    st.sampled_from(
        ["1", "1,A,2026-03-01", "1,A,2026-03-01,5,6", "a,b,c,d,e,f,g", '1,"A,2026-03-01,5', '5" x']
    ).map(lambda text: (text, "malformed_line")),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(entries=st.lists(entry, max_size=16))
def test_every_line_is_in_exactly_one_count(
    run, orders, tmp_path: Path, entries: list[tuple[str, str]]
) -> None:
    """Whatever the mess, each line becomes what it is, and accepted + rejected + out of scope = read."""
    good = (GOOD.strip(), "accepted")
    every = [good, *entries, good]
    path = tmp_path / "messy.csv"
    path.write_text(HEADER + "".join(f"{text}\n" for text, _ in every), encoding="utf-8", newline="\n")
    result = run(orders(path, where="amount <> '9'"))
    report = result.reports["transactions"]
    assert report.read == report.accepted + report.rejected + report.out_of_scope == len(every)
    fates = Counter(fate for _, fate in every)
    assert {"accepted": report.accepted, "out of scope": report.out_of_scope, **report.by_rule} == {
        "accepted": 0,
        "out of scope": 0,
        **fates,
    }
    assert len(result.validated()) == report.accepted
    assert Counter(row["rule"] for row in result.rejected()) == Counter(report.by_rule)
