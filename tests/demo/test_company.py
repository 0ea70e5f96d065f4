"""The simulated company: the same every time, like a real export, and with truth that can be trusted."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from tests.demo.simulated import read, root_of, simulate_into, truth_of

from holdfast.artifacts.raw import demo_folder, read_truth
from holdfast.demo.company import TABLES, DemoReport
from holdfast.demo.settings import DemoSettings
from holdfast.demo.truth import achievable_auc

END = pd.Timestamp("2026-07-06")
Built = Callable[[str, Callable[[Path], object]], Path]


def run(folder: Path, seed: int = 5, **settings: object) -> DemoReport:
    return simulate_into(folder, seed, **settings)


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(folder.rglob("*.parquet"))
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def company(built_once: Built) -> Path:
    """3,000 customers with the truth of 20 weeks."""
    return built_once("demo-company", lambda folder: run(folder, customers=3000, truth_weeks=20))


def test_same_seed_gives_same_bytes(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        run(tmp_path / name, seed, customers=60, truth_weeks=3)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    assert hashes(tmp_path / "a") != hashes(tmp_path / "c")


def test_progress_is_logged(tmp_path, logged):
    run(tmp_path, customers=60, chunk_customers=30)
    assert logged[0] == "simulating 60 customers from 2024-07-08 until 2026-07-06"
    assert [line.partition(",")[0] for line in logged[1:]] == ["30 of 60 customers", "60 of 60 customers"]


def test_chunks_change_nothing_but_the_files(tmp_path):
    whole = run(tmp_path / "whole", customers=70, truth_weeks=3)
    parts = run(tmp_path / "parts", customers=70, truth_weeks=3, chunk_customers=30)
    assert whole == parts
    assert whole.churn_rate == parts.churn_rate
    assert len(list((demo_folder(root_of(tmp_path / "parts")) / "orders").glob("*.parquet"))) == 3
    for table in TABLES:
        one, three = read(tmp_path / "whole", table), read(tmp_path / "parts", table)
        columns = list(one.columns)
        pd.testing.assert_frame_equal(
            one.sort_values(columns, ignore_index=True), three.sort_values(columns, ignore_index=True)
        )
    assert truth_of(tmp_path / "whole").equals(truth_of(tmp_path / "parts"))


def test_a_smaller_company_leaves_nothing_of_a_larger_one(tmp_path):
    run(tmp_path, customers=40, chunk_customers=20)
    report = run(tmp_path, customers=10)
    assert {len(list((demo_folder(root_of(tmp_path)) / table).iterdir())) for table in TABLES} == {1}
    assert report.rows["customers"] == len(read(tmp_path, "customers")) == 10


def test_one_customer_has_every_table(tmp_path):
    report = run(tmp_path, customers=1, truth_weeks=1)
    assert set(report.rows) == set(TABLES)
    for table, rows in report.rows.items():
        assert len(read(tmp_path, table)) == rows
    assert (report.first_day, report.end) == (date(2024, 7, 8), date(2026, 7, 6))


@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": 0},
        {"days": 3},
        {"horizon_days": 0},
        {"price_rise": -0.1},
        {"end": "soon"},
        {"custmers": 5},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        DemoSettings.model_validate(wrong)


def test_nothing_is_known_at_the_end_or_later(company):
    last = []
    for table in TABLES:
        times = read(company, table).select_dtypes("datetime")
        assert (times.max() < END).all(), table
        last.append(times.max().max())
    assert max(last) >= END - pd.Timedelta(days=1)
    assert read(company, "orders")["loaded_at"].max() >= END - pd.Timedelta(days=1)


def test_ids_keep_leading_zeros_and_are_unique_but_for_lines_exported_twice(company):
    for table, key in (("customers", "customer_no"), ("orders", "order_id"), ("tickets", "ticket_no")):
        assert read(company, table)[key].is_unique
    assert read(company, "refunds")["refund_id"].is_unique
    assert read(company, "customers")["customer_no"].iloc[0] == "0000001"
    lines = read(company, "order_lines")
    twice = lines["line_id"].duplicated()
    assert 0 < twice.mean() < 0.003
    assert not lines[~twice].duplicated("line_id").any()
    assert set(lines["order_id"]) == set(read(company, "orders")["order_id"])


def test_flaws_are_there_and_few(company):
    orders = read(company, "orders")
    late = orders["loaded_at"] > orders["placed_at"]
    for flaw in (late, orders["customer_no"].isna(), orders["status"] == "cancelled"):
        assert 0 < flaw.mean() < 0.015
    assert (late | orders["customer_no"].isna()).mean() < 0.01


def test_order_totals_are_the_sum_of_their_lines(company):
    orders = read(company, "orders").set_index("order_id")["order_total"]
    lines = read(company, "order_lines").drop_duplicates("line_id")
    lines["amount"] = lines["quantity"] * lines["unit_price"] - lines["line_discount"]
    total = lines.groupby("order_id")["amount"].sum()
    np.testing.assert_allclose(total.reindex(orders.index), orders, atol=0.01)


def test_tickets_happen_in_order(company):
    tickets = read(company, "tickets")
    for earlier, later in (
        ("created_at", "first_reply_at"),
        ("first_reply_at", "closed_at"),
        ("reopened_at", "closed_at"),
        ("closed_at", "rated_at"),
    ):
        both = tickets[[earlier, later]].dropna()
        assert len(both) > 50
        assert (both[earlier] < both[later]).all()
    assert (tickets["rating"].isna() == tickets["rated_at"].isna()).all()
    assert tickets["rating"].dropna().between(1, 5).all()


@pytest.mark.parametrize(
    ("language", "letters"),
    [("en", "[a-z]"), ("el", "[α-ω]"), ("lt", "[ąčęėįšųūž]"), ("fa", "[آ-ی]")],
)
def test_tickets_are_written_in_each_language(company, language, letters):
    tickets = read(company, "tickets")
    messages = tickets[tickets["message_language"] == language]["message"]
    assert len(messages) > 100
    assert messages.str.contains(letters).mean() > 0.95
    assert messages.nunique() > 0.5 * len(messages)
    assert not messages.str.contains("[{}]").any()


def labelled(company: Path) -> pd.DataFrame:
    """Each row of the truth with what then really happened, for as-of dates whose outcome is over."""
    truth = pd.DataFrame(truth_of(company).to_pandas())
    truth["as_of"] = pd.to_datetime(truth["as_of"])
    truth = truth[truth["as_of"] + pd.Timedelta(days=60) <= END]
    orders = read(company, "orders").query("status == 'completed'")
    rows = truth.merge(orders[["customer_no", "placed_at"]], left_on="customer_id", right_on="customer_no")
    inside = (rows["placed_at"] >= rows["as_of"]) & (
        rows["placed_at"] < rows["as_of"] + pd.Timedelta(days=60)
    )
    stayed = rows[inside].drop_duplicates(["customer_id", "as_of"])[["customer_id", "as_of"]].assign(stayed=1)
    merged = truth.merge(stayed, on=["customer_id", "as_of"], how="left")
    return merged.assign(churned=merged["stayed"].isna().astype(int))


def test_truth_is_what_happens(company):
    rows = labelled(company)
    assert rows["as_of"].nunique() == 12
    assert abs(rows["churned"].mean() - rows["churn_probability"].mean()) < 0.015
    tenth = pd.qcut(rows["churn_probability"], 10, labels=False)
    for _, part in rows.groupby(tenth):
        customers = part["customer_id"].nunique()  # the dates of one customer are nearly one observation
        noise = np.sqrt(part["churn_probability"].mean() * (1 - part["churn_probability"].mean()) / customers)
        assert abs(part["churned"].mean() - part["churn_probability"].mean()) < 4 * noise


def test_achievable_auc_is_that_of_the_truth(company):
    rows = labelled(company)
    window = {"horizon_days": 60, "gap_days": 0}
    best = achievable_auc(truth_of(company), rows[["customer_id", "as_of", "churned"]], **window)
    assert best is not None
    assert 0.78 < best < 0.92
    assert 0.2 < rows["churned"].mean() < 0.42
    as_dates = rows.assign(as_of=rows["as_of"].dt.date)
    assert achievable_auc(truth_of(company), as_dates, **window) == best


def test_achievable_is_silent_where_the_truth_does_not_reach(company):
    rows = labelled(company).head(200)
    truth = truth_of(company)
    assert achievable_auc(truth, rows, horizon_days=30, gap_days=0) is None
    assert achievable_auc(truth, rows, horizon_days=60, gap_days=7) is None
    assert achievable_auc(truth, rows.assign(churned=1), horizon_days=60, gap_days=0) is None
    elsewhere = rows.assign(as_of=pd.Timestamp("2026-01-01"))
    assert achievable_auc(truth, elsewhere, horizon_days=60, gap_days=0) is None
    assert achievable_auc(truth, rows.head(0), horizon_days=60, gap_days=0) is None


def test_a_real_company_has_no_truth(tmp_path):
    assert read_truth(root_of(tmp_path)) is None


def test_truth_with_a_gap_is_what_happens(tmp_path):
    run(tmp_path, customers=1500, truth_weeks=16, gap_days=14, horizon_days=30)
    truth = truth_of(tmp_path).to_pandas()
    truth = truth[truth["as_of"] == date(2026, 4, 20)]
    placed = read(tmp_path, "orders").query("status == 'completed'")
    inside = placed["placed_at"].between("2026-05-04", "2026-06-02 23:59:59")
    churned = ~truth["customer_id"].isin(placed[inside]["customer_no"])
    assert len(truth) > 700
    assert abs(churned.mean() - truth["churn_probability"].mean()) < 4 * 0.5 / np.sqrt(len(truth))
