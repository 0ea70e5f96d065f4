"""The monitor as a user runs it: what it finds is right, nobody is named, it refuses only when told to."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.pipeline.conftest import SCORED, TRAINED

from holdfast.files import point_link

DAY = "2026-07-06"  # the outcomes of the first two lists are known
HORIZON = dt.timedelta(days=60)
STRICT = (
    "monitor.psi_watch=0.001", "monitor.psi_large=0.001",
    "monitor.inputs_watch=0.0001", "monitor.inputs_retrain=0.0001",
)  # fmt: skip


@pytest.fixture(scope="module")
def looked(company, holdfast, tmp_path_factory):
    """A copy of the company in which the monitor ran, and what it said."""
    root = tmp_path_factory.mktemp("monitored") / "root"
    shutil.copytree(company, root, symlinks=True)
    called = holdfast("monitor", f"as_of={DAY}", "tracking=off", f"paths.root={root}")
    assert called.code == 0, called.err
    return root, called


def folder_of(root: Path) -> Path:
    return root / "data/monitor" / DAY


def manifest_of(folder: Path):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def truly_left(root: Path, date: str) -> pd.DataFrame:
    """The scores of a date beside who bought nothing in the 60 days after it, from the validated table."""
    orders = pd.read_parquet(root / "data/validated/demo/transactions.parquet")
    start = pd.Timestamp(date)
    after = orders["occurred_at"].between(start, start + HORIZON, inclusive="left")
    bought = set(orders.loc[after & (orders["amount"] > 0), "customer_id"])
    scores = pd.read_parquet(root / "data/scores" / date / "scores.parquet")
    return scores.assign(churned=~scores["customer_id"].isin(bought) * 1.0)


def test_the_stage_writes_its_files_and_says_its_verdict(looked):
    root, called = looked
    found = manifest_of(folder_of(root))
    there = {path.name for path in folder_of(root).iterdir()}
    assert there == {*found["files"], "manifest.json", "report.html", "pages.json"}
    assert set(found["files"]) == {"drift.csv", "scores.csv", "results.csv", "counts.parquet"}
    assert found["verdict"] in ("fine", "watch", "retrain")
    assert called.out.startswith(f"{found['verdict'].upper()}: ")
    assert {reason["topic"] for reason in found["reasons"]} >= {"inputs", "scores", "age"}
    drift = pd.read_csv(folder_of(root) / "drift.csv")
    assert len(drift) == found["inputs"]["columns"] == sum(found["inputs"]["states"].values())
    assert drift["importance"].sum() == pytest.approx(1)


@pytest.mark.parametrize("date", SCORED[:2])
def test_results_of_a_past_date_are_what_really_happened(looked, date):
    root, _ = looked
    results = pd.read_csv(folder_of(root) / "results.csv").set_index(["as_of", "group"])
    row, truth = results.loc[(date, "all")], truly_left(root, date)
    assert row["rows"] == len(truth)
    assert row["churned"] == truth["churned"].sum()
    assert row["predicted"] == pytest.approx(truth["churn_probability"].mean())
    assert row["auc"] == pytest.approx(roc_auc_score(truth["churned"], truth["churn_probability"]))
    assert bool(row["fair"])
    contacts = pd.read_parquet(root / "data/validated/demo/contacts.parquet")
    start = pd.Timestamp(date)
    during = contacts["contacted_at"].between(start, start + HORIZON, inclusive="left")
    untouched = truth[~truth["customer_id"].isin(set(contacts.loc[during, "customer_id"]))]
    assert results.loc[(date, "not contacted"), "rows"] == len(untouched)
    assert results.loc[(date, "not contacted"), "churned"] == untouched["churned"].sum()
    held = pd.read_parquet(root / f"data/holdout/{date}.parquet")
    assert results.loc[(date, "held out"), "rows"] == len(held)


def test_only_dates_whose_outcome_is_known_have_results(looked):
    root, _ = looked
    assert set(pd.read_csv(folder_of(root) / "results.csv")["as_of"]) == set(SCORED[:2])
    trend = pd.read_csv(folder_of(root) / "scores.csv")
    assert trend["as_of"].tolist() == [*sorted(SCORED), DAY]
    assert trend["psi_before"].isna().tolist() == [True, False, False, False]


def test_no_customer_is_named(looked):
    root, called = looked
    people = set(pd.read_parquet(root / "data/scores" / DAY / "scores.parquet")["customer_id"])
    written = [path for path in folder_of(root).rglob("*") if path.suffix in (".html", ".json", ".csv")]
    for path in (*written, root / "data/scores" / DAY / "manifest.json"):
        text = path.read_text(encoding="utf-8")
        assert not people & set(text.replace('"', ",").replace("<", ",").replace(">", ",").split(","))
    assert not people & set((called.out + called.err).split())


def test_it_is_skipped_when_nothing_changed(looked, holdfast):
    root, called = looked
    before = (folder_of(root) / "manifest.json").stat().st_mtime_ns
    again = holdfast("monitor", f"as_of={DAY}", "tracking=off", f"paths.root={root}")
    assert (again.code, again.out) == (0, called.out)
    assert (folder_of(root) / "manifest.json").stat().st_mtime_ns == before


def test_it_refuses_only_when_told_to(looked, holdfast):
    root, _ = looked
    place = ("monitor", f"as_of={DAY}", "tracking=off", f"paths.root={root}", *STRICT)
    lenient, strict = holdfast(*place), holdfast(*place, "monitor.refuse=retrain")
    assert lenient.code == 0
    assert lenient.out.startswith("RETRAIN: ")
    assert strict.code == 4
    assert "monitor.refuse=retrain" in strict.block
    assert "report.html" in strict.block


def test_it_looks_at_the_model_that_scored_whoever_is_champion_now(looked, holdfast):
    root, _ = looked
    version = (root / "models/champion").resolve().name
    shutil.copytree(root / "models" / version, root / "models/other")
    point_link(root / "models/champion", root / "models/other")
    called = holdfast("monitor", f"as_of={SCORED[2]}", "tracking=off", f"paths.root={root}")
    point_link(root / "models/champion", root / "models" / version)
    assert called.code == 0, called.err
    assert manifest_of(root / "data/monitor" / SCORED[2])["model_version"] == version
    assert version.startswith(TRAINED)


def test_every_scoring_run_says_what_drifted(company):
    found = manifest_of(company / "data/scores" / SCORED[1])["monitor"]
    published = manifest_of((company / "data/at_risk" / SCORED[1]).resolve())
    assert published["monitor"] == found
    assert found["verdict"] in ("fine", "watch", "retrain", "fix")
    assert found["scores"]["psi"] is not None
    counted = pd.read_parquet(company / "data/scores" / SCORED[1] / "input_counts.parquet")
    assert len(counted) == found["inputs"]["columns"]
    assert {sum(counts) for counts in counted["counts"]} == {found["scores"]["customers"]}
