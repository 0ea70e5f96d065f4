"""A company whose list was called: the next list goes by what was learned, by nothing that came later."""

import datetime as dt
import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.treatment import treat_company

LIST, LATER = dt.date(2026, 4, 6), "2026-06-29"
WINDOW = (LIST, LIST + dt.timedelta(days=60))
TERMS = (
    "outreach.capacity=300",
    "outreach.cool_down_days=0",
    "outreach.win_back_days=0",
    "uplift.min_customers=40",
)


@pytest.fixture(scope="session")
def called(built_once, company, holdfast):
    """The company with a list: two of five were held out, the others called, which drove them away."""

    def build(root):
        shutil.copytree(company, root, symlinks=True, dirs_exist_ok=True)
        for folder in ("at_risk", "holdout"):
            shutil.rmtree(root / "data" / folder)
        done = holdfast("score", f"as_of={LIST}", "outreach.holdout_share=0.4", *TERMS, f"paths.root={root}")
        assert done.code == 0, done.err
        listed = sorted(pd.read_parquet(root / f"data/at_risk/{LIST}/at_risk.parquet")["customer_id"])
        treat_company(
            root / "data/raw/demo", listed, LIST, window=WINDOW, persuadable=0.0, disturbed=0.8, seed=3
        )
        assert holdfast("validate", f"paths.root={root}").code == 0

    return built_once("called", build)


@pytest.fixture(scope="session")
def called_and_scored(built_once, called, holdfast):
    """The company with the later list, too."""

    def build(root):
        shutil.copytree(called, root, symlinks=True, dirs_exist_ok=True)
        done, _ = Score(root, holdfast)()
        assert done.code == 0, done.err

    return built_once("called-and-scored", build)


class Score:
    """score(words) → the call and the list's manifest; in a copy of the company."""

    def __init__(self, root, holdfast):
        self.root, self.holdfast = root, holdfast

    def __call__(self, *words, as_of=LATER):
        done = self.holdfast("score", f"as_of={as_of}", *TERMS, *words, f"paths.root={self.root}")
        manifest = self.root / f"data/at_risk/{as_of}/manifest.json"
        return done, json.loads(manifest.read_text("utf-8")) if manifest.exists() else None


@pytest.fixture
def score(called, holdfast, tmp_path):
    shutil.copytree(called, tmp_path / "root", symlinks=True)
    return Score(tmp_path / "root", holdfast)


@pytest.fixture
def again(called_and_scored, holdfast, tmp_path):
    """score(words), where the later list stands already."""
    shutil.copytree(called_and_scored, tmp_path / "root", symlinks=True)
    return Score(tmp_path / "root", holdfast)


def decisions(root, manifest):
    return pd.read_parquet(root / f"data/holdout/.runs/{manifest['selection']}/decisions.parquet")


def test_calls_that_drove_away_are_not_made_again(again):
    done, manifest = again()
    assert done.code == 0, done.err
    assert manifest["uplift"]["trust"] > 0.5
    assert manifest["uplift"]["what"] in done.out
    first = json.loads((again.root / f"data/at_risk/{LIST}/manifest.json").read_text("utf-8"))
    assert manifest["uplift"]["listed"] == first["counts"]["listed"]
    assert manifest["uplift"]["held_out"] == first["counts"]["held_out"]
    counts = manifest["counts"]
    assert counts["better_left_alone"] > counts["listed"]
    assert counts["eligible"] == sum(number for name, number in counts.items() if name != "eligible")
    rows = decisions(again.root, manifest)
    alone = rows["decision"] == "better_left_alone"
    assert (rows.loc[alone, "saved_share"] < 0).all()
    assert (rows.loc[rows["decision"] == "listed", "expected_net_value"] > 0).all()
    outreach = manifest["settings"]["outreach"]
    expected = rows["saved_share"] * rows["value"] - outreach["contact_cost"]
    assert np.allclose(rows["expected_net_value"], expected)
    uplift = json.loads((again.root / f"data/uplift/{LATER}/uplift.json").read_text("utf-8"))
    assert [one["part"] for one in uplift["thirds"]] == ["least", "middle", "most"]
    people = set(rows["customer_id"])
    assert not people & set(json.dumps(uplift).replace('"', " ").split())


def test_the_same_again_is_the_same(again):
    before = json.loads((again.root / f"data/at_risk/{LATER}/manifest.json").read_text("utf-8"))
    done, after = again()
    assert (done.code, before["run_id"]) == (0, after["run_id"])
    assert "learning what contacts change" not in done.err


def test_switched_off(again):
    _, with_it = again()
    done, without = again("uplift.use=false")
    assert without["uplift"] == {
        "what": "not used: switched off (uplift.use)", "trust": 0.0, "thirds": [], "listed": 0, "held_out": 0,
    }  # fmt: skip
    assert without["counts"]["better_left_alone"] == 0
    assert without["run_id"] != with_it["run_id"]
    rows = decisions(again.root, without)
    assert np.allclose(rows["saved_share"], rows["accept_share"] * rows["churn_probability"])
    assert rows["accept_share"].between(0, 0.3).all()
    assert (rows.loc[rows["decision"] == "lapsed", "accept_share"] == 0).all()
    assert done.code == 0


def test_nothing_is_learned_before_it_was_known(score):
    """On this day the list's outcome window was still open, though the tables hold what came later."""
    done, manifest = score(as_of="2026-05-04")
    assert done.code == 0, done.err
    assert "0 listed and 0 held-out customers with a known outcome" in manifest["uplift"]["what"]


def test_too_few(again):
    _, manifest = again("uplift.min_customers=5000")
    assert manifest["uplift"]["what"].endswith("5,000 of each wanted")


def test_decisions_of_an_earlier_version_are_passed_over(score):
    for path in (score.root / "data/holdout/.runs").glob("*/decisions.parquet"):
        path.unlink()
    done, manifest = score()
    assert done.code == 0, done.err
    assert manifest["uplift"]["what"].startswith("not used: 0 listed")


def test_a_list_that_nobody_worked_teaches_nothing(score):
    """Its calls taken out of the contacts: the drive that they had would be taken for chance, or worse."""
    (file,) = (score.root / "data/raw/demo/contacts").glob("*.parquet")
    contacts = pd.read_parquet(file)
    contacts[~contacts["campaign"].str.startswith("list-", na=False)].to_parquet(file)
    done, manifest = score()
    assert done.code == 0, done.err
    assert "1 lists were hardly worked" in done.err
    assert manifest["uplift"]["what"].startswith("not used: 0 listed and 0 held-out")


def test_a_list_whose_model_had_seen_its_outcome_teaches_nothing(score):
    path = score.root / "models/champion/manifest.json"
    trained_later = json.loads(path.read_text("utf-8")) | {"as_of": "2026-06-01"}
    path.write_text(json.dumps(trained_later), "utf-8")
    done, manifest = score()
    assert done.code == 0, done.err
    assert manifest["uplift"]["what"].startswith("not used: 0 listed and 0 held-out")


def test_an_action_that_campaigns_proved_is_the_next_step_and_says_so(company, holdfast, tmp_path):
    """Half of the active customers, drawn by chance, were asked what has changed: leavers stayed."""
    root = tmp_path / "root"
    shutil.copytree(company, root, symlinks=True)
    raw = root / "data/raw/demo"
    active = sorted(pd.read_parquet(root / f"data/scores/{LIST}/scores.parquet")["customer_id"])
    drawn = np.random.default_rng(5).random(len(active)) < 0.5
    names = np.array(active)
    treat_company(raw, names[drawn].tolist(), LIST, window=WINDOW, persuadable=0.95, disturbed=0.0, seed=3)
    (file,) = (raw / "contacts").glob("*.parquet")
    contacts = pd.read_parquet(file)
    asked = contacts[contacts["campaign"] == f"list-{LIST}"].assign(arm="CONTACTED")
    control = asked.iloc[[0]].merge(pd.DataFrame({"name": names[~drawn]}), how="cross")
    control = control.assign(contact_id="K" + control["name"], customer_no=control["name"], arm="CONTROL")
    others = contacts[contacts["campaign"] != f"list-{LIST}"]
    both = pd.concat([others, asked, control.drop(columns="name")], ignore_index=True)
    pq.write_table(pa.Table.from_pandas(both, pq.read_schema(file), preserve_index=False), file)
    action = "source.tables.contacts.columns.action=\"'LONG_SILENCE'\""
    done = holdfast("score", f"as_of={LATER}", *TERMS, f"+{action}", f"paths.root={root}")
    assert done.code == 0, done.err
    effects = json.loads((root / f"data/uplift/{LATER}/uplift.json").read_text("utf-8"))["actions"]
    (effect,) = (effect for effect in effects if effect["action"] == "LONG_SILENCE")
    assert effect["low"] > 0.02
    said = f"tried on {effect['contacted']} customers: {100 * effect['saved']:.0f} points ("
    listed = pd.read_csv(root / f"data/at_risk/{LATER}/at_risk.csv")
    steps = listed["recommended_action"]
    assert steps.str.contains(said, regex=False).any()
    assert steps[steps.str.contains(said, regex=False)].str.startswith("Ask what has changed").all()
    manifest = json.loads((root / f"data/at_risk/{LATER}/manifest.json").read_text("utf-8"))
    assert not decisions(root, manifest)["recommended_action"].str.contains("tried on").any()
