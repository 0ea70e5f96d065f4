"""The retention report as a user asks for it; its figures counted again from the raw tables."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.pipeline.conftest import Called, Shop
from tests.retention.company import AS_OF, SHOP, SUBSCRIBERS, build_company, report_folder

from holdfast.artifacts.retention import Retention
from holdfast.retention.measure import RetentionTables

NOW = pd.Timestamp(AS_OF)


@pytest.fixture(scope="module")
def shop(built_once: Any) -> Path:
    """A demo company with purchases."""
    root: Path = built_once("retention-shop", lambda root: build_company(root, *SHOP))
    return root


@pytest.fixture(scope="module")
def subscribers(built_once: Any) -> Path:
    """A demo company with subscriptions."""
    root: Path = built_once("retention-subscribers", lambda root: build_company(root, *SUBSCRIBERS))
    return root


def report(root: Path) -> tuple[dict[str, Any], RetentionTables]:
    found = Retention.open(report_folder(root))
    assert found is not None
    return found.content(), found.tables()


def raw_purchases(root: Path) -> pd.DataFrame:
    """customer, when: the raw order lines with a positive amount that were loaded by then, not cancelled."""
    lines = pd.read_parquet(root / "data/raw/demo/order_lines")
    paid = lines["quantity"] * lines["unit_price"] - lines["line_discount"] > 0
    lines = lines[(lines["status"] != "cancelled") & paid & (lines["loaded_at"] < NOW)]
    lines = lines[lines["customer_no"].notna()]  # rejected: nobody is named
    return pd.DataFrame({"customer": lines["customer_no"], "when": lines["placed_at"]})


def active_at(purchases: pd.DataFrame, moment: pd.Timestamp) -> set[str]:
    days = pd.Timedelta(days=180)
    rows = purchases[(purchases["when"] < moment) & (purchases["when"] >= moment - days)]
    return set(rows["customer"])


@pytest.mark.parametrize("quarter", ["2025-Q3", "2026-Q1", "2026-Q2"])
def test_rates_are_those_of_the_raw_order_lines(shop, quarter):
    purchases = raw_purchases(shop)
    period = pd.Period(quarter.replace("-", ""), freq="Q")
    begin, end = period.start_time, (period + 1).start_time
    before, after = active_at(purchases, begin), active_at(purchases, end)
    first = purchases.groupby("customer")["when"].min()
    new = {who for who in after - before if first[who] >= begin}
    rates = report(shop)[1].rates
    row = rates[(rates["period"] == quarter) & (rates["group"] == "all customers")].iloc[0]
    assert row[["start", "new", "returned", "lost", "end"]].to_dict() == {
        "start": len(before), "new": len(new), "returned": len(after - before - new),
        "lost": len(before - after), "end": len(after),
    }  # fmt: skip
    assert row["churn_rate"] == pytest.approx(len(before - after) / len(before))
    assert row["retention_rate"] == pytest.approx(1 - len(before - after) / len(before))
    assert row["end_to_start"] == pytest.approx(len(after) / len(before))
    people = pd.read_parquet(shop / "data/raw/demo/customers").drop_duplicates("customer_no")
    offices = set(people.loc[people["customer_type"] == "office", "customer_no"])
    row = rates[(rates["period"] == quarter) & (rates["group"] == "office")].iloc[0]
    assert (row["start"], row["lost"]) == (len(before & offices), len((before - after) & offices))


def test_a_cohort_is_that_of_the_raw_order_lines(shop):
    purchases = raw_purchases(shop)
    month = purchases["when"].dt.to_period("M")
    cohort = pd.Period("2025-10", freq="M")
    members = purchases[month.groupby(purchases["customer"]).transform("min") == cohort]
    expected = [
        members.loc[month[members.index] == cohort + later, "customer"].nunique() for later in range(1, 9)
    ]
    found = report(shop)[1].cohorts
    rows = found[found["cohort"] == "2025-10"]
    assert set(rows["customers"]) == {members["customer"].nunique()}
    assert rows["active"].tolist() == expected


def test_every_count_reconciles_on_real_tables(shop, subscribers):
    for root in (shop, subscribers):
        rates = report(root)[1].rates
        assert len(rates) > 20
        assert (rates["start"] + rates["new"] + rates["returned"] - rates["lost"] == rates["end"]).all()
        assert (rates["retention_rate"] + rates["churn_rate"] - 1).abs().max() < 1e-12


def test_subscribers_and_mrr_are_those_of_the_raw_contracts(subscribers):
    contracts = pd.read_parquet(subscribers / "data/raw/demo_subscriptions/subscriptions")
    contracts = contracts.rename(columns={"begins": "since", "ends": "until"})
    begin, end = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-04-01")

    def running(moment: pd.Timestamp) -> pd.DataFrame:
        open_then = contracts["until"].isna() | (contracts["until"] >= moment)
        return contracts[(contracts["since"] < moment) & open_then]

    before, after = running(begin), running(end)
    tables = report(subscribers)[1]
    row = tables.rates[
        (tables.rates["period"] == "2026-Q1") & (tables.rates["group"] == "all customers")
    ].iloc[0]
    left, kept = set(before["account"]), set(after["account"])
    paused = pd.Timedelta(days=7)  # a new contract within the grace days: none ran at that midnight
    assert abs(row["start"] - len(left)) <= (contracts["since"].between(begin, begin + paused)).sum()
    assert row["lost"] == pytest.approx(len(left - kept), abs=2)
    money = tables.revenue.set_index("period").loc["2026-Q1"]
    paid, later = before.groupby("account")["price"].sum(), after.groupby("account")["price"].sum()
    assert (money["start_mrr"], money["end_mrr"]) == pytest.approx((paid.sum(), later.sum()))
    assert money["churned"] == pytest.approx(paid[~paid.index.isin(later.index)].sum())
    both = pd.concat([paid, later], axis=1, keys=["paid", "later"]).dropna()
    shrunk = (both["paid"] - both["later"]).clip(lower=0).sum()
    assert money["gross_revenue_retention"] == pytest.approx(1 - (money["churned"] + shrunk) / paid.sum())


def test_the_truth_of_lost_payments_is_found(subscribers):
    truth = pd.read_parquet(subscribers / "data/truth/demo_subscriptions.parquet")
    rates = report(subscribers)[1].rates
    total = rates[(rates["group"] == "all customers") & rates["involuntary"].notna()]
    ended = truth[
        truth["involuntary"] & (truth["first_failed_on"] >= pd.Timestamp(total["start_on"].iloc[0]))
    ]
    ended = ended[ended["first_failed_on"] < pd.Timestamp(total["end_on"].iloc[-1])]
    assert total["involuntary"].sum() == pytest.approx(len(ended), rel=0.25)
    assert total["involuntary"].sum() > 10
    assert rates["involuntary"].isna().any()  # before the payments begin


def test_no_file_and_no_page_names_a_customer(shop, subscribers):
    for root, source, column in (
        (shop, "demo", "customer_no"),
        (subscribers, "demo_subscriptions", "account"),
    ):
        customers = set(pd.read_parquet(root / f"data/raw/{source}/customers")[column])
        for file in report_folder(root).iterdir():
            cells = set(file.read_text(encoding="utf-8").replace('"', ",").replace("\n", ",").split(","))
            assert not cells & customers, file.name


def test_what_a_company_does_not_have_is_not_on_its_page(shop, subscribers):
    folders = {root: report_folder(root) for root in (shop, subscribers)}
    page = {root: (folder / "report.html").read_text(encoding="utf-8") for root, folder in folders.items()}
    assert "RFM segments" in page[shop]
    assert "RFM segments" not in page[subscribers]
    assert "recurring revenue" in page[subscribers]
    assert "recurring revenue" not in page[shop]
    assert not (folders[shop] / "revenue.csv").exists()
    assert "NPS" in page[shop]
    assert "Reasons for leaving" not in page[shop]  # no list was made yet, and nobody records reasons


def test_a_run_is_skipped_until_something_changes(shop, holdfast):
    words = (f"paths.root={shop}", "tracking=off", "demo.customers=500", *SHOP)
    manifest = report_folder(shop) / "manifest.json"
    before = manifest.stat().st_mtime_ns
    assert holdfast("retention", *words).code == 0
    assert manifest.stat().st_mtime_ns == before


def orders(until: dt.datetime) -> list[tuple[str, str, dt.datetime, float]]:
    """Three customers who buy every month, and one who stopped."""
    first = dt.datetime(2024, 1, 10, 12)  # noqa: DTZ001
    rows = [
        (f"{who}", f"{who}-{month}", first + dt.timedelta(days=30 * month + who), 10.0 + who)
        for who in range(4)
        for month in range(24)
        if who < 3 or month < 5
    ]
    return [row for row in rows if row[2] < until]


def ask(shop_of: Shop, *words: object) -> Called:
    return shop_of.call("retention", "churn.active_within_days=60", "tracking=off", *words)


def test_a_tiny_shop_and_a_goal_that_cannot_be_told(tmp_path):
    shop_of = Shop(tmp_path)
    shop_of.write(orders(dt.datetime(2025, 3, 1)))  # noqa: DTZ001
    goal = (
        "retention.goals=[{metric:churn_rate,target:5%,by:2025-12-31},{metric:nps,target:40,by:2025-12-31}]"
    )
    called = ask(shop_of, goal)
    assert called.code == 0, called.err
    assert "A forecast needs 8 periods, there are 3" in called.out
    assert "there is not a single NPS so far" in called.out
    (folder,) = [path for path in (shop_of.root / "data/retention").iterdir() if path.name[0] == "2"]
    content = json.loads((folder / "retention.json").read_text(encoding="utf-8"))
    assert content["periods"] == ["2024-Q2", "2024-Q3", "2024-Q4"]
    rates = pd.read_csv(folder / "rates.csv")
    assert rates["lost"].tolist() == [0, 1, 0]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "No survey was answered and no ticket rated" in page
    assert "Too few customers came back for a forecast: 4." in page


def test_a_log_that_is_too_short_says_so(tmp_path):
    shop_of = Shop(tmp_path)
    shop_of.write(orders(dt.datetime(2024, 2, 20)))  # noqa: DTZ001
    called = ask(shop_of)
    assert called.code == 0, called.err
    assert "No complete quarter yet. The log begins on 2024-01-10" in " ".join(called.out.split())
    called = ask(shop_of, "as_of=2023-01-01")
    assert called.code == 3
    assert "no data before the as-of date" in called.block


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("retention.segments=[kind]", "a segment is no column of the customers"),
        ("retention.goals=[{metric:churn,target:1,by:2025-12-31}]", "retention.goals.0.metric"),
        ("retention.period=day", "retention.period"),
        (
            "retention.goals=[{metric:churn_rate,target_change:-10%,baseline:2023-Q1,by:2025-12-31}]",
            "the baseline of a goal is no period of the report",
        ),
    ],
)
def test_a_wrong_setting_is_refused_and_nothing_written(tmp_path, words, says):
    shop_of = Shop(tmp_path)
    shop_of.write(orders(dt.datetime(2025, 3, 1)))  # noqa: DTZ001
    called = ask(shop_of, words)
    assert called.code == 2
    assert says in called.block
    folder = shop_of.root / "data/retention"
    assert not folder.exists() or [path for path in folder.iterdir() if path.name[0] != "."] == []
