"""A small demo company: every figure made again in plain pandas, from the raw tables."""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from tests.pipeline.conftest import mlflow_client, run_of, run_once

TRAINED = "2026-04-06"
FIRST, SECOND, THIRD = "2026-04-06", "2026-05-04", "2026-06-01"  # SECOND was scored last
HORIZON, ACTIVE = 60, 180
COLUMNS = [
    "rank",
    "customer_id",
    "name",
    "owner",
    "churn_probability",
    "risk_tier",
    "value_at_risk",
    "expected_net_value",
    "reason_1",
    "reason_2",
    "reason_3",
    "reason_1_code",
    "reason_2_code",
    "reason_3_code",
    "recommended_action",
    "channel",
    "status_vs_last",
    "previous_probability",
    "days_since_last_purchase",
    "open_tickets",
    "renewal_date",
    "segment",
    "language",
    "country",
    "as_of",
    "outcome_window_end",
    "model_version",
    "run_id",
]


def manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def purchases(root: Path, known_before: str = "2100-01-01") -> pd.DataFrame:
    """Lines that were sold for money, straight from the raw tables."""
    lines = pd.read_parquet(root / "data/raw/demo/order_lines")
    amount = lines["quantity"] * lines["unit_price"] - lines["line_discount"]
    sold = lines[(lines["status"] != "cancelled") & lines["customer_no"].notna() & (amount > 0)]
    sold = sold.assign(known_at=sold["loaded_at"].fillna(sold["placed_at"]))
    return sold[sold["known_at"] < pd.Timestamp(known_before)]


def eligible(root: Path, as_of: str) -> set[str]:
    sold, end = purchases(root), pd.Timestamp(as_of)
    lately = sold["known_at"].between(end - pd.Timedelta(days=ACTIVE), end, inclusive="left")
    return set(sold.loc[lately, "customer_no"])


def scores(root: Path, as_of: str) -> pd.DataFrame:
    return pd.read_parquet(root / "data/scores" / as_of / "scores.parquet")


def listed(root: Path, as_of: str) -> pd.DataFrame:
    file = root / "data/at_risk" / as_of / "at_risk.csv"
    return pd.read_csv(file, dtype={"customer_id": str}, encoding="utf-8-sig")


def held_out(root: Path, as_of: str) -> pd.DataFrame:
    return pd.read_parquet(root / "data/holdout" / f"{as_of}.parquet")


def champion(root: Path) -> Any:
    return json.loads((root / "models/champion/card.json").read_text(encoding="utf-8"))


# --- rows -----------------------------------------------------------------------------------------


def test_every_raw_row_is_accounted_for(company):
    raw = {
        name: sum(len(pd.read_parquet(company / "data/raw/demo" / table)) for table in tables)
        for name, tables in {
            "transactions": ("order_lines", "refunds"),
            "tickets": ("tickets",),
            "customers": ("customers",),
            "contacts": ("contacts",),
            "usage": ("web_activity",),
            "surveys": ("nps_answers",),
        }.items()
    }
    tables = manifest(company / "data/validated/demo")["tables"]
    assert {name: table["read"] for name, table in tables.items()} == raw
    for name, table in tables.items():
        assert table["accepted"] + table["rejected"] + table["out_of_scope"] == table["read"]
        for kind in ("validated", "rejected"):
            rows = pq.read_table(company / "data" / kind / "demo" / f"{name}.parquet").num_rows
            assert rows == table["accepted" if kind == "validated" else kind]
    assert tables["transactions"]["out_of_scope"] > 0
    assert tables["transactions"]["rejected"] > 0


@pytest.mark.parametrize("as_of", [FIRST, SECOND, THIRD])
def test_everyone_eligible_is_scored_once(company, as_of):
    found = scores(company, as_of)
    assert set(found["customer_id"]) == eligible(company, as_of)
    assert found["customer_id"].is_unique
    assert found["churn_probability"].between(0, 1).all()
    assert found["risk_rank"].tolist() == list(range(1, len(found) + 1))
    assert found["churn_probability"].is_monotonic_decreasing
    assert set(found["as_of"]) == {date.fromisoformat(as_of)}
    types = {
        field.name: str(field.type)
        for field in pq.read_schema(company / f"data/scores/{as_of}/scores.parquet")
    }
    assert types == {
        "customer_id": "string", "as_of": "date32[day]", "churn_probability": "double",
        "risk_rank": "int64", "model_version": "string",
    }  # fmt: skip


@pytest.mark.parametrize("as_of", [FIRST, SECOND, THIRD])
def test_every_eligible_customer_is_listed_held_out_or_excluded(company, as_of):
    counts = manifest(company / "data/at_risk" / as_of)["counts"]
    found, held = listed(company, as_of), held_out(company, as_of)
    assert counts.pop("eligible") == len(scores(company, as_of)) == sum(counts.values())
    assert (counts["listed"], counts["held_out"]) == (len(found), len(held))
    assert not set(found["customer_id"]) & set(held["customer_id"])
    assert len(held) > 0


@pytest.mark.parametrize("as_of", [FIRST, SECOND, THIRD])
def test_the_list_says_what_the_scores_say(company, as_of):
    found = listed(company, as_of)
    assert list(found.columns) == COLUMNS
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    probability = scores(company, as_of).set_index("customer_id")["churn_probability"]
    exact = pd.read_parquet(company / "data/at_risk" / as_of / "at_risk.parquet")
    assert exact["churn_probability"].tolist() == probability.loc[found["customer_id"]].tolist()
    assert np.allclose(found["churn_probability"], exact["churn_probability"], atol=6e-5)  # the CSV rounds
    assert found["reason_1"].notna().mean() > 0.9
    assert set(found["as_of"]) == {as_of}
    assert set(found["outcome_window_end"]) == {str(date.fromisoformat(as_of) + pd.Timedelta(days=HORIZON))}
    last = purchases(company, as_of).groupby("customer_no")["placed_at"].max()
    days = (pd.Timestamp(as_of) - last.loc[found["customer_id"]]).dt.total_seconds() / 86_400
    assert np.allclose(exact["days_since_last_purchase"], days, atol=0.01)
    assert (found["days_since_last_purchase"] - days.to_numpy()).abs().max() < 0.51
    people = pd.read_parquet(company / "data/raw/demo/customers").set_index("customer_no")
    consent = people.loc[found["customer_id"], "may_contact"]
    assert not (consent == False).any()  # noqa: E712 — null is not False


def test_published_files_are_those_of_the_manifest(company):
    for as_of in (FIRST, SECOND, THIRD):
        folder = company / "data/at_risk" / as_of
        found = hashes(folder)
        found.pop("manifest.json")
        assert found == manifest(folder)["files"]
        assert {"at_risk.csv", "at_risk.parquet", "at_risk.xlsx", "report.html"} <= set(found)
        assert manifest(folder)["run_id"] == folder.resolve().name


# --- the model ------------------------------------------------------------------------------------


def test_the_cards_figures_come_out_of_the_test_predictions(company):
    card = champion(company)
    found = pd.read_parquet(company / "models/champion/test_predictions.parquet")
    y, p = found["churned"], found["churn_probability"]
    test = card["metrics"]["test"]
    assert test["auc"] == pytest.approx(roc_auc_score(y, p))
    assert test["average_precision"] == pytest.approx(average_precision_score(y, p))
    assert test["log_loss"] == pytest.approx(log_loss(y, p))
    assert test["brier"] == pytest.approx(brier_score_loss(y, p))
    riskiest = found.sort_values("churn_probability", ascending=False).head(round(len(found) / 10))
    assert test["top_decile_lift"] == pytest.approx(riskiest["churned"].mean() / y.mean(), rel=0.05)
    assert set(test) >= {"auc", "average_precision", "log_loss", "brier", "ece", "top_decile_lift"}
    assert set(card["baselines"]) >= {"recency", "logistic"}
    assert card["as_of"] == TRAINED
    assert card["rows"]["test"] == len(found)


def test_the_cards_labels_come_out_of_the_raw_tables(company):
    found = pd.read_parquet(company / "models/champion/test_predictions.parquet")
    sold = purchases(company, TRAINED)
    for as_of, part in found.groupby("as_of"):
        start = pd.Timestamp(str(as_of))
        assert set(part["customer_id"]) == eligible(company, str(as_of))
        window = sold["placed_at"].between(start, start + pd.Timedelta(days=HORIZON), inclusive="left")
        stayed = part["customer_id"].isin(sold.loc[window, "customer_no"])
        assert (part["churned"] == (~stayed).astype(float)).all()
        assert start + pd.Timedelta(days=HORIZON) <= pd.Timestamp(TRAINED)


def test_what_happened_later_changes_nothing(company, holdfast, tmp_path):
    """All that became known on the day of the training or after it is deleted: the same bytes come out."""
    end = pd.Timestamp(TRAINED)
    raw, kept = company / "data/raw/demo", tmp_path / "data/raw/demo"
    known = {
        "order_lines": "loaded_at",
        "refunds": "refunded_at",
        "tickets": "created_at",
        "contacts": "sent_at",
        "web_activity": "exported_at",
        "nps_answers": "submitted_at",
    }
    later = {
        "tickets": ["first_reply_at", "closed_at", "reopened_at", "rated_at"],
        "contacts": ["reacted_at"],
    }
    for name, column in {**known, "customers": "registered_at"}.items():
        table = pd.read_parquet(raw / name)
        table = table[table[column] < end].copy()
        for fact in later.get(name, []):
            table.loc[table[fact] >= end, fact] = pd.NaT
        if name == "tickets":
            table.loc[table["rated_at"].isna(), "rating"] = np.nan
        if name == "contacts":
            table.loc[table["reacted_at"].isna(), "reaction"] = None
        (kept / name).mkdir(parents=True)
        table.to_parquet(kept / name / "part.parquet", index=False)
    place = f"paths.root={tmp_path}"
    assert holdfast("train", place, "tracking=off", f"as_of={TRAINED}").code == 0
    assert holdfast("score", place, "tracking=off", f"as_of={FIRST}").code == 0
    for name in (f"data/features/demo/train-{TRAINED}", f"data/scores/{FIRST}"):
        assert manifest(tmp_path / name)["files"] == manifest(company / name)["files"]
    now, then = tmp_path / "models/champion", company / "models/champion"
    assert now.resolve().name == then.resolve().name
    for name in ("test_predictions.parquet", "bundle/bundle.json", "bundle/booster_00.txt"):
        assert (now / name).read_bytes() == (then / name).read_bytes()
    pd.testing.assert_frame_equal(scores(tmp_path, FIRST), scores(company, FIRST))
    told = [column for column in COLUMNS if column != "run_id"]
    pd.testing.assert_frame_equal(listed(tmp_path, FIRST)[told], listed(company, FIRST)[told])


# --- several lists --------------------------------------------------------------------------------


def test_latest_is_the_newest_date_not_the_newest_run(company):
    links = company / "data/at_risk"
    assert (links / "latest").resolve() == (links / THIRD).resolve()
    assert not (links / "latest").readlink().is_absolute()
    names = {link.name for link in links.iterdir()}
    assert names == {".runs", "published.jsonl", "latest", FIRST, SECOND, THIRD}


def test_a_list_knows_the_one_before_it(company):
    assert set(listed(company, FIRST)["status_vs_last"]) == {"new"}
    assert listed(company, FIRST)["previous_probability"].isna().all()
    for as_of, before in ((SECOND, FIRST), (THIRD, FIRST)):  # SECOND did not stand when THIRD was made
        found, last = (
            listed(company, as_of),
            listed(company, before).set_index("customer_id")["churn_probability"],
        )
        again = found["customer_id"].isin(last.index)
        assert again.any()
        told = found.loc[again, "previous_probability"]
        assert np.allclose(told, last.loc[found.loc[again, "customer_id"]], atol=6e-5)
        assert found.loc[~again, "previous_probability"].isna().all()
        assert not (found.loc[again, "status_vs_last"] == "new").any()


def test_who_is_held_out_stays_so(company):
    first, second = held_out(company, FIRST), held_out(company, SECOND)
    assert not set(first["customer_id"]) & set(listed(company, SECOND)["customer_id"])
    assert not set(first["customer_id"]) & set(listed(company, THIRD)["customer_id"])
    again = second[second["customer_id"].isin(first["customer_id"])]
    assert len(again) > 0
    assert set(again["held_since"]) == {date.fromisoformat(FIRST)}


# --- again ----------------------------------------------------------------------------------------


MADE_AGAIN = ("scores", "lapsed", "leavers", "uplift")  # below a forced score


def test_a_rerun_does_nothing_and_keeps_every_byte(company, holdfast):
    published = company / "data/at_risk"
    before, stamp = hashes(published / ".runs"), manifest(published / SECOND)
    made = {kind: manifest(company / "data" / kind / SECOND)["files"] for kind in MADE_AGAIN}
    again = holdfast("score", f"paths.root={company}", f"as_of={SECOND}")
    assert again.code == 0, again.err
    assert "reading" not in again.err
    assert "features at" not in again.err
    assert hashes(published / ".runs") == before
    assert manifest(published / SECOND) == stamp
    forced = holdfast("score", f"paths.root={company}", f"as_of={SECOND}", "force=true")
    assert forced.code == 0, forced.err
    assert "reading" in forced.err
    assert hashes(published / ".runs") == before
    assert {kind: manifest(company / "data" / kind / SECOND)["files"] for kind in MADE_AGAIN} == made


def test_explanations_add_up(company, holdfast):
    called = holdfast("explain", f"paths.root={company}", f"as_of={THIRD}")
    assert called.code == 0, called.err
    folder = company / "data/explanations" / THIRD
    found = pd.read_parquet(folder / "contributions.parquet")
    features = found.columns.drop(["customer_id", "churn_probability", "margin", "base"])
    assert np.allclose(found["base"] + found[features].sum(axis=1), found["margin"], atol=1e-6)
    probability = scores(company, THIRD).set_index("customer_id")["churn_probability"]
    assert np.allclose(found["churn_probability"], probability.loc[found["customer_id"]])
    assert set(pd.read_parquet(folder / "reasons.parquet")["position"]) <= {1, 2, 3}


# --- refusals that leave what stands --------------------------------------------------------------

WRONG_SINK = ("outreach.database.url=postgresql://ann@127.0.0.1/shop?tokn=x",)  # known before a list is made


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("score", f"as_of={THIRD}", "churn.horizon_days=30"), 2, "another source or churn question"),
        (("train", "source=online_retail"), 2, "another source or churn question"),
        (("score", "as_of=2026-08-10"), 4, "max_stale_days"),
        (("score", "as_of=2036-08-10"), 4, "max_stale_days"),
        (("score", "as_of=2010-01-01"), 3, "no data before"),
        (("score", f"as_of={THIRD}", "features.windows_days=[7,14]"), 6, "train again"),
        (("score", f"as_of={THIRD}", "outreach.capacity=many"), 2, "outreach.capacity"),
        (("score", f"as_of={THIRD}", "outreach.capacity=7", *WRONG_SINK), 2, "delivered to PostgreSQL only"),
        (("explain", "as_of=2010-01-01"), 3, "no data before"),
    ],
)
def test_refused(company, holdfast, words, code, told):
    lists, links = hashes(company / "data/at_risk/.runs"), sorted((company / "data/at_risk").iterdir())
    called = holdfast(*words, f"paths.root={company}")
    assert called.code == code, called.err
    assert told in called.block
    assert "next: " in called.block
    assert "Traceback" not in called.err
    assert hashes(company / "data/at_risk/.runs") == lists
    assert sorted((company / "data/at_risk").iterdir()) == links


def test_another_run_holds_the_lock(company):
    with FileLock(company / ".holdfast.lock"):
        called = run_once("score", f"paths.root={company}", f"as_of={THIRD}")
    assert called.code == 5
    assert "another run" in called.block


def test_a_damaged_result_is_made_again(company, holdfast, tmp_path):
    root = tmp_path / "a copy, with 'odd' κόσμος"
    shutil.copytree(company, root, symlinks=True)
    (root / "data/scores" / THIRD / "scores.parquet").unlink()
    called = holdfast("score", f"paths.root={root}", f"as_of={THIRD}", "tracking=off")
    assert called.code == 0, called.err
    pd.testing.assert_frame_equal(scores(root, THIRD), scores(company, THIRD))


# --- tracking -------------------------------------------------------------------------------------


def test_what_mlflow_keeps(company):
    client = mlflow_client(company)
    experiment = client.get_experiment_by_name("holdfast")
    assert experiment is not None
    runs = {run.info.run_id: run for run in client.search_runs([experiment.experiment_id], max_results=200)}
    assert {run.info.status for run in runs.values()} <= {"FINISHED", "FAILED"}
    card = champion(company)
    train = runs[run_of(company, company / "models/champion")]
    assert train.data.tags["holdfast.stage"] == "train"
    assert train.data.metrics["auc"] == pytest.approx(card["metrics"]["test"]["auc"])
    wanted = {"holdfast.as_of": THIRD, "holdfast.command": "score"}
    (scored,) = [
        run for run in runs.values()
        if wanted.items() <= run.data.tags.items() and run.info.status == "FINISHED"
    ]  # fmt: skip
    listed = manifest(company / "data/at_risk" / THIRD)
    assert scored.data.tags["holdfast.run_id"] == listed["run_id"]  # as in the list's column run_id
    counts = listed["counts"]
    assert scored.info.run_name == f"score {THIRD} · {counts['listed']} of {counts['eligible']} listed"
    assert train.data.metrics["auc_compared/recency"] == pytest.approx(card["baselines"]["recency"]["auc"])
    assert train.data.params["as_of"] == TRAINED
    assert train.data.params["churn.horizon_days"] == str(HORIZON)
    assert "model.n_bags" in train.data.params
    assert train.inputs is not None
    assert [entry.dataset.name for entry in train.inputs.dataset_inputs] == ["model_input"]
    artifacts = {file.path for file in client.list_artifacts(train.info.run_id)}
    assert artifacts >= {
        "card.json",
        "config.json",
        "hashes.json",
        "report.html",
        "plots",
    }
    assert not any(path.endswith(".parquet") for path in artifacts)  # what names customers stays here
    version = client.get_model_version_by_alias("holdfast-churn", "champion")
    assert version.run_id == train.info.run_id
    assert version.tags["holdfast.version"] == card["version"]
    features = runs[train.data.tags["holdfast.features_run"]]
    assert features.data.tags["holdfast.stage"] == "features"
    validate = runs[features.data.tags["holdfast.validated_run"]]
    assert validate.data.metrics["rows/transactions/read"] > 0
    listed_by = runs[run_of(company, company / "data/at_risk" / THIRD)]
    select = runs[listed_by.data.tags["holdfast.selection_run"]]
    score = runs[select.data.tags["holdfast.scores_run"]]
    assert score.data.tags["holdfast.model_run"] == select.data.tags["holdfast.model_run"]
    assert score.data.tags["holdfast.model_run"] == train.info.run_id
    assert score.data.metrics["customers"] == len(scores(company, THIRD))
