"""Bad data and settings: one clear block with the next step, the right exit code, nothing half-written."""

import datetime as dt

import pytest

QUESTION = "churn.horizon_days=30"
SECRET = "s3cret-word"


def check(called, code, shop, *words):
    """One block that says what and what next; no traceback; and nothing of a result is left."""
    assert called.code == code, called.err
    assert called.block.count("holdfast: ") == 1
    assert "next: " in called.block
    assert "Traceback" not in called.err
    assert "unexpected" not in called.err
    for word in words:
        assert word in called.block
    assert not [name for name in shop.left_behind() if ".tmp" in name]


def steady(customers: int, every: int) -> list[tuple[str, str, dt.datetime, float]]:
    start = dt.datetime.fromisoformat("2023-01-01T09:00")
    return [
        (f"{who:04d}", f"{who}-{day}", start + dt.timedelta(days=day), 10.0)
        for who in range(customers)
        for day in range(0, 400, every)
    ]


def test_missing_file(shop):
    check(shop.call("train"), 3, shop, "no raw file", "export.csv")
    assert shop.left_behind() == []


def test_empty_table(shop):
    shop.write([])
    check(shop.call("train"), 3, shop, "transactions is empty")
    assert shop.left_behind() == []


def test_unmapped_required_column(shop, rhythmic):
    shop.write(rhythmic(customers=3))
    shop.write_source(amount="")
    check(shop.call("train"), 2, shop, "amount is required")
    shop.write_source(amount='"Bruto €"')
    check(shop.call("train"), 2, shop, "did you mean 'Brutto €'?")
    assert shop.left_behind() == []


def test_wrong_date_format(shop, rhythmic):
    shop.write(rhythmic(customers=3), "%d.%m.%Y %H:%M")
    check(shop.call("train"), 3, shop, "formats.occurred_at", "%d.%m.%Y %H:%M")
    assert shop.left_behind() == []


def test_everything_left_out(shop, rhythmic):
    shop.write(rhythmic(customers=3))
    shop.source.write_text(shop.source.read_text(encoding="utf-8") + "    where: 1 = 2\n", encoding="utf-8")
    check(shop.call("train"), 3, shop)


def test_one_customer(shop, rhythmic):
    shop.write([order for order in rhythmic() if order[0] == "00001"])
    check(shop.call("train", QUESTION), 3, shop, "nothing to learn")
    assert not [name for name in shop.left_behind() if name.startswith("models/")]


def test_nobody_left(shop):
    shop.write(steady(30, 5))
    check(shop.call("train", QUESTION), 3, shop, "nobody left")


def test_everybody_left(shop):
    orders = [(who, who, at + dt.timedelta(days=int(who)), amount) for who, _, at, amount in steady(400, 400)]
    shop.write(orders)
    check(shop.call("train", QUESTION), 3, shop, "all customers left")


def test_another_question_may_be_tried_until_one_can_be_answered(shop):
    shop.write(steady(30, 5))
    assert shop.call("train", QUESTION).code == 3
    assert shop.call("train", "churn.horizon_days=14").code == 3  # not 2: no model was made for the first one


def test_log_too_short(shop, rhythmic):
    shop.write([order for order in rhythmic() if order[2] > dt.datetime.fromisoformat("2024-05-20")])
    check(shop.call("train", QUESTION), 3, shop, "no label is mature", "churn.horizon_days")


def test_as_of_before_the_data(shop, rhythmic):
    shop.write(rhythmic(customers=20))
    check(shop.call("train", QUESTION, "as_of=2020-01-01"), 3, shop, "no data before", "from 2023-")


@pytest.mark.parametrize("value", ["2026-13-45", "2026-1-5", "yesterday", "2026", "2026-01-05T12:00"])
def test_no_day(shop, value):
    check(shop.call("train", f"as_of={value}"), 2, shop, "as_of", "YYYY-MM-DD")


def test_score_without_a_day(shop):
    check(shop.call("score"), 2, shop, "as_of=latest")


def test_no_champion(shop):
    check(shop.call("score", "as_of=latest"), 6, shop, "holdfast train")


def test_database_down(shop):
    columns = "{customer_id: c, transaction_id: t, occurred_at: o, amount: a}"
    table = f"{{database: 'postgresql://me:{SECRET}@127.0.0.1:9/shop', table: orders, columns: {columns}}}"
    shop.source.write_text(f"tables:\n  transactions: {table}\n", encoding="utf-8")
    called = shop.call("train")
    check(called, 3, shop, "cannot be reached")
    assert SECRET not in called.err
    assert shop.left_behind() == []


def test_missing_environment_variable(shop, monkeypatch):
    monkeypatch.delenv("SHOP_DATABASE_URL", raising=False)
    columns = "{customer_id: c, transaction_id: t, occurred_at: o, amount: a}"
    table = f"{{database: '${{oc.env:SHOP_DATABASE_URL}}', table: orders, columns: {columns}}}"
    shop.source.write_text(f"tables:\n  transactions: {table}\n", encoding="utf-8")
    check(shop.call("train"), 2, shop, "SHOP_DATABASE_URL", "source.tables.transactions.database", "export")


def test_source_file_that_is_no_yaml(shop):
    shop.source.write_text("tables: [a: b\n", encoding="utf-8")
    check(shop.call("train"), 2, shop, "shop.yaml, line ")


def test_cancellation_without_subscriptions(shop, rhythmic):
    shop.write(rhythmic(customers=3))
    check(shop.call("train", "churn=cancellation"), 2, shop, "subscriptions")


def test_root_that_cannot_be_written(holdfast, tmp_path):
    (tmp_path / "file").write_text("")
    called = holdfast("validate", f"paths.root={tmp_path / 'file'}")
    assert called.code == 2
    assert "paths.root" in called.block


def test_too_many_bad_rows_are_counted_and_refused(shop, rhythmic):
    orders = rhythmic(customers=5)
    broken = [(who, order, at, float("nan")) for who, order, at, _ in orders[: len(orders) // 4]]
    shop.write(broken + orders[len(broken) :])
    check(shop.call("validate"), 3, shop, f"{len(broken)} of {len(orders)} rows")
    assert shop.call("validate", "contracts.max_rejected_share=0.5").code == 0
