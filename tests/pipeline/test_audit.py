"""The audit as a user runs it: clean data is proved clean, and what leaks is named and refused."""

import csv
import dataclasses
import datetime as dt
import json
import random

import pandas as pd
import pytest
from tests.pipeline.conftest import mlflow_client, run_of
from tests.pipeline.test_cancellation import QUESTION as CANCELLATION
from tests.pipeline.test_cancellation import SOURCE, subscriptions

from holdfast.audit import feature_maker
from holdfast.features import request
from holdfast.features.families import FAMILIES
from holdfast.features.family import ALL, Family, Feature, Reason
from holdfast.features.measures import select
from holdfast.streams.definitions import define

SIZE = ("demo.customers=500", "demo.truth_weeks=2", "demo.truth_draws=1")
QUESTION = ("churn.horizon_days=30", "churn.active_within_days=90", "features.windows_days=[30,90]")
FEW = ("audit.dates=1", "timeline.snapshots=4")


def audit_of(root):
    (folder,) = (root / "data/audit").iterdir()
    return json.loads((folder / "audit.json").read_text(encoding="utf-8"))


def found(content, *severities):
    return {
        (one["severity"], one["rule"], one["table"])
        for one in content["findings"]
        if one["severity"] in (severities or ("leak", "suspicious", "note"))
    }


class Market:
    """A shop with late orders, tickets with later facts, and customers with attributes."""

    def __init__(self, shop, orders):
        self.shop, self.orders, self.attributes = shop, orders, {"segment": lambda who: int(who) % 3}
        self.end = max(at for _, _, at, _ in orders)

    def write(self):
        """The three tables and their mapping."""
        draw = random.Random(3)
        self.shop.write([])
        with self.shop.orders.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["who", "order", "at", "loaded", "money", "pieces", "product"])
            for who, order, at, money in self.orders:
                loaded = at + dt.timedelta(days=draw.choice([0, 0, 0, 0, 9]))
                loaded = min(loaded, self.end)
                writer.writerow([who, order, at, loaded, money, 1 + int(money) % 3, int(money) % 5])
        tickets, people = (self.shop.orders.with_name(f"{name}.csv") for name in ("tickets", "people"))
        self.write_tickets(tickets, draw)
        who = sorted({order[0] for order in self.orders})
        pd.DataFrame(
            {"who": who, **{name: [of(one) for one in who] for name, of in self.attributes.items()}}
        ).to_csv(people, index=False)
        names = ", ".join(self.attributes)
        mapped = ", ".join(f"{name}: {name}" for name in self.attributes)
        self.shop.source.write_text(
            f"""
tables:
  transactions:
    read: {self.shop.orders}
    columns: {{customer_id: who, transaction_id: order, occurred_at: at, known_at: loaded, amount: money,
              quantity: pieces, product_id: product}}
  tickets:
    read: {tickets}
    columns: {{customer_id: who, ticket_id: id, opened_at: at, resolved_at: done, csat: stars,
              csat_at: rated}}
  customers:
    read: {people}
    columns: {{customer_id: who, {mapped}}}
    attributes: [{names}]
""",
            encoding="utf-8",
        )

    def write_tickets(self, path, draw):
        rows = []
        for who, order, at, _ in self.orders[::4]:
            done = at + dt.timedelta(days=draw.uniform(1, 40))
            rated = done + dt.timedelta(days=draw.uniform(0, 20))
            rows.append(
                (who, f"t{order}", at, done if done < self.end else None,
                 draw.randint(1, 5) if rated < self.end else None, rated if rated < self.end else None)
            )  # fmt: skip
        pd.DataFrame(rows, columns=["who", "id", "at", "done", "stars", "rated"]).to_csv(path, index=False)

    def audit(self, *words):
        return self.shop.call("audit", *QUESTION, *FEW, *words)

    def content(self):
        return audit_of(self.shop.root)


@pytest.fixture
def market(shop, rhythmic):
    return Market(shop, rhythmic())


def test_the_demo_company_is_clean(holdfast, tmp_path):
    place = f"paths.root={tmp_path}"
    assert holdfast("simulate", *SIZE, place).code == 0
    called = holdfast("audit", place, "audit.dates=2", "timeline.snapshots=6")
    assert called.code == 0, called.err
    assert "bit-identical" in called.out
    content = audit_of(tmp_path)
    counts = content["counts"]
    assert (counts["differing"], counts["leak"], counts["suspicious"]) == (0, 0, 0)
    assert counts["columns"] > 200
    assert len(content["dates"]) == 3
    assert all(rows > 100 for rows in content["dates"].values())
    ids = pd.read_parquet(tmp_path / "data/validated/demo/customers.parquet")["customer_id"]
    (folder,) = (tmp_path / "data/audit").iterdir()
    pages = [(folder / name).read_text(encoding="utf-8") for name in ("audit.json", "report.html")]
    assert not any(f'"{one}"' in page or f">{one}<" in page for one in ids for page in pages)
    check_tracking(tmp_path, folder)
    assert not (tmp_path / ".cache/holdfast").exists()


def check_tracking(root, folder):
    client = mlflow_client(root)
    run = client.get_run(run_of(root, folder))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert run.data.metrics["differing"] == 0
    assert run.data.metrics["columns"] == manifest["counts"]["columns"]
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {"audit.json", "report.html"}
    assert run.data.tags["holdfast.features_run"]


def test_late_rows_are_seen_by_nobody_too_early(market):
    market.write()
    called = market.audit()
    assert called.code == 0, called.err
    assert found(market.content(), "leak", "suspicious") == set()
    assert ("note", "late_rows", "transactions") in found(market.content())


def test_it_stands_and_comes_out_the_same(market):
    market.write()
    assert market.audit().code == 0
    (folder,) = (market.shop.root / "data/audit").iterdir()
    before = {name: (folder / name).read_bytes() for name in ("audit.json", "report.html")}
    again = market.audit()
    assert again.code == 0
    assert "the future" not in again.err
    forced = market.audit("force=true", "threads=1")
    assert "the future deleted" in forced.err
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_of_many_customers_some_are_compared(market):
    market.write()
    called = market.audit("audit.max_customers=100")
    assert called.code == 0, called.err
    assert "of 150 customers" in called.err
    assert all(0 < rows < 110 for rows in market.content()["dates"].values())


def test_subscriptions(shop):
    table = subscriptions(400)
    shop.orders.write_text(table.to_csv(index=False), encoding="utf-8")
    shop.source.write_text(SOURCE.format(read=shop.orders), encoding="utf-8")
    called = shop.call("audit", *CANCELLATION, *FEW)
    assert called.code == 0, called.err
    content = audit_of(shop.root)
    assert content["counts"]["differing"] == 0
    assert content["counts"]["columns"] > 10


# --- what leaks -----------------------------------------------------------------------------------

RATED_AT_OPENING = Family(
    name="leaky",
    stream="tickets",
    reasons=(Reason("LOW_SATISFACTION"),),
    features=(Feature("rating", select("opened").mean("csat"), "rating", "a rating to come", ALL),),
)


def with_ratings_at_opening(tables, attributes=()):
    """Streams whose ticket openings carry the rating that comes later."""
    streams = define(tables, attributes)
    facts, rows = streams["tickets"].facts, tables["tickets"]
    rated = rows.select(customer=rows.customer_id, at=rows.opened_at, stars=rows.csat)
    joined = facts.left_join(rated, [facts.customer_id == rated.customer, facts.occurred_at == rated["at"]])
    opened = joined.kind == 0
    carried = joined.select(
        **{
            name: opened.ifelse(joined.stars, joined.csat) if name == "csat" else joined[name]
            for name in facts.columns
        }
    )
    return streams | {"tickets": dataclasses.replace(streams["tickets"], facts=carried)}


def leak(monkeypatch, streams, families=()):
    """Make features of other streams, and have further families."""
    monkeypatch.setattr(request, "define", streams)
    monkeypatch.setattr(feature_maker, "define", streams)
    monkeypatch.setattr(request, "FAMILIES", (*FAMILIES, *families))


def test_a_value_that_an_earlier_fact_carries_is_named(market, monkeypatch):
    market.write()
    leak(monkeypatch, with_ratings_at_opening, [RATED_AT_OPENING])
    called = market.audit()
    assert called.code == 4, called.err
    assert "a column knows the future" in called.block
    assert "leaky__rating__all" in called.block
    assert "features.families.leaky=false" in called.block
    content = market.content()
    assert content["counts"]["differing"] == 1
    assert {one["column"] for one in content["differences"]} == {"leaky__rating__all"}
    assert {one["variant"] for one in content["differences"]} == {"deleted", "scrambled"}
    (finding,) = (one for one in content["findings"] if one["severity"] == "leak")
    assert (finding["rule"], finding["table"]) == ("sees_the_future", "tickets")
    again = market.audit()
    assert (again.code, "the future" in again.err.split("holdfast: ")[0]) == (4, False)


def ignoring_known_at(tables, attributes=()):
    """Streams whose transactions are known when they happen, however late they arrived."""
    streams = define(tables, attributes)
    facts = streams["transactions"].facts
    early = facts.mutate(known_at=facts.occurred_at)
    return streams | {"transactions": dataclasses.replace(streams["transactions"], facts=early)}


def test_late_rows_that_are_seen_too_early_are_named(market, monkeypatch):
    market.write()
    leak(monkeypatch, ignoring_known_at)
    called = market.audit()
    assert called.code == 4, called.err
    content = market.content()
    leaks = {one["columns"][0] for one in content["findings"] if one["severity"] == "leak"}
    assert {"recency__days__all", "spend__sum__30d", "spend__sum__90d"} <= leaks
    assert not [name for name in leaks if name.startswith(("tickets__opened", "satisfaction", "profile"))]


def test_a_first_price_taken_from_the_future_is_named(market, monkeypatch):
    """What belongs to the company must be known by then too: here the last price instead of the first."""

    def last_prices(tables, attributes=()):
        streams = define(tables, attributes)
        facts = streams["transactions"].facts
        newest = facts.aggregate(last=facts.list_price.argmax(facts.known_at))
        crossed = facts.cross_join(newest)
        changed = crossed.select(
            **{
                name: crossed.list_price / crossed["last"] if name == "price_index" else crossed[name]
                for name in facts.columns
            }
        )
        return streams | {"transactions": dataclasses.replace(streams["transactions"], facts=changed)}

    market.write()
    leak(monkeypatch, last_prices)
    called = market.audit()
    assert called.code == 4, called.err
    leaks = {one["columns"][0] for one in market.content()["findings"] if one["severity"] == "leak"}
    assert leaks
    assert all("price" in name for name in leaks)


@pytest.mark.parametrize(("silent_days", "severity", "code"), [(90, "leak", 4), (60, "suspicious", 0)])
def test_an_overwritten_state_is_flagged(market, silent_days, severity, code):
    """The export says `closed` of those who were silent so long; who is silent for 90 is not eligible."""
    last = {who: at for who, _, at, _ in market.orders}
    silent = market.end - dt.timedelta(days=silent_days)
    market.attributes["state"] = lambda who: "closed" if last[who] < silent else "active"
    market.write()
    called = market.audit("audit.min_churners=10")
    assert called.code == code, called.err
    content = market.content()
    assert (severity, "knows_who_is_gone", "customers") in found(content)
    (said,) = (one for one in content["findings"] if one["rule"] == "knows_who_is_gone")
    assert said["columns"] == ["state"]
    assert "take 'state' out of tables.customers.attributes" in said["next_step"]
    assert (said["found"] in called.err) == (code == 4)
    named = {column for one in content["findings"] if one["severity"] != "note" for column in one["columns"]}
    assert "segment" not in named
    assert content["counts"]["differing"] == 0  # no experiment on one export can show it


def test_ratings_stamped_by_the_export_are_suspicious(market):
    market.write()
    tickets = market.shop.orders.with_name("tickets.csv")
    table = pd.read_csv(tickets, dtype=str)
    table["rated"] = table["rated"].where(table["rated"].isna(), str(market.end))
    table.to_csv(tickets, index=False)
    called = market.audit()
    assert called.code == 0, called.err
    assert "stamped in bulk" in called.out
    assert found(market.content(), "suspicious") == {("suspicious", "stamped_in_bulk", "tickets")}


def test_its_settings_are_shown_and_checked(holdfast, shop, rhythmic):
    shown = holdfast("audit", "--help-all").out
    assert all(name in shown for name in ("max_customers: 20000", "leak_auc: 0.98", "min_churners: 50"))
    shop.write(rhythmic(customers=20))
    wrong = shop.call("audit", "audit.suspicious_auc=0.99")
    assert wrong.code == 2
    assert "suspicious_auc is the lower of the two" in wrong.block
    short = shop.call("audit", "as_of=2020-01-01")
    assert short.code == 3
    assert "no data before" in short.block
