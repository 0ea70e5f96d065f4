"""What became of a list, as a user asks it: the demo company, its list called, the truth known."""

import datetime as dt
import json
import shutil

import pandas as pd
import pytest
from benchmarks.treatment import treat_company
from tests.pipeline.conftest import mlflow_client, run_of

LIST, LATER = "2026-04-06", "2026-06-01"
DAY = dt.date(2026, 4, 6)
WINDOW = (DAY, DAY + dt.timedelta(days=60))


def listed_at(root, date=LIST):
    return sorted(pd.read_parquet(root / f"data/at_risk/{date}/at_risk.parquet")["customer_id"])


@pytest.fixture(scope="session")
def treated(built_once, company, holdfast):
    """The company, after four of five on its list were called; the truth beside it."""

    def build(root):
        shutil.copytree(company, root, symlinks=True, dirs_exist_ok=True)
        called = [name for at, name in enumerate(listed_at(root)) if at % 5]
        truth = treat_company(
            root / "data/raw/demo", called, DAY, window=WINDOW, persuadable=0.9, disturbed=0.02, seed=3
        )
        truth.to_parquet(root / "data/truth/called.parquet")
        assert holdfast("validate", f"paths.root={root}").code == 0

    return built_once("treated", build)


class Asked:
    """asked(words) → the call, and outcomes.json by list; in a copy of the treated company."""

    def __init__(self, root, holdfast):
        self.root, self.holdfast = root, holdfast

    def __call__(self, *words, stage="outcomes"):
        called = self.holdfast(stage, *words, "outcomes.replicates=200", f"paths.root={self.root}")
        pages = (self.root / "data/outcomes").glob("*/outcomes.json")
        return called, {page.parent.name: json.loads(page.read_text("utf-8")) for page in pages}


@pytest.fixture
def asked(treated, holdfast, tmp_path):
    shutil.copytree(treated, tmp_path / "root", symlinks=True)
    return Asked(tmp_path / "root", holdfast)


def test_a_list_that_was_called(asked):
    called, found = asked(f"list_date={LIST}")
    assert called.code == 0, called.err
    content = found[LIST]
    assert content["verdict"] == "helped"
    assert "Contacting saved between" in called.out
    assert content["experiments"] is None  # no campaign, and too few customers for an action
    check_groups(asked.root, content)
    check_against_truth(asked.root, content)
    check_privacy(asked.root)
    check_tracking(asked.root)
    again, _ = asked(f"list_date={LIST}")
    assert again.code == 0
    assert "following" in called.err
    assert "following" not in again.err


def check_groups(root, content):
    manifest = json.loads((root / f"data/at_risk/{LIST}/manifest.json").read_text("utf-8"))
    counts = {one["group"]: one["customers"] for one in content["groups"]}
    assert counts["all"] == manifest["counts"]["eligible"]
    for name in ("listed", "held_out", "no_consent", "cool_down", "not_worth_it", "over_capacity"):
        assert counts.get(name, 0) == manifest["counts"][name]
    assert content["compared"]["listed"] == counts["listed"]  # the first list of a round: all are comparable
    assert content["compared"]["held_out"] == counts["held_out"]


def check_against_truth(root, content):
    """What calling changed, of the listed, is known; the estimate is off by chance only."""
    truth = pd.read_parquet(root / "data/truth/called.parquet")
    true = (truth["churned_if_left_alone"].sum() - truth["churned_if_called"].sum()) / len(listed_at(root))
    saved = content["effect"]["saved"]
    assert true > 0.1
    assert saved["low"] - 0.05 < true < saved["high"] + 0.05
    followed = pd.read_parquet(root / f"data/outcomes/{LIST}/outcomes.parquet").set_index("customer_id")
    left = followed.loc[truth["customer_id"], "churned"].to_numpy() > 0
    assert (left == truth["churned_if_called"]).mean() > 0.98  # orders that arrive late may be missing


def check_privacy(root):
    folder = root / f"data/outcomes/{LIST}"
    people = pd.read_parquet(folder / "outcomes.parquet")["customer_id"]
    pages = [(folder / name).read_text("utf-8") for name in ("outcomes.json", "report.html", "manifest.json")]
    assert not any(f'"{one}"' in page or f">{one}<" in page for one in people for page in pages)


def check_tracking(root):
    client = mlflow_client(root)
    run = client.get_run(run_of(root, root / f"data/outcomes/{LIST}"))
    assert run.data.metrics["effect/saved/value"] > 0
    assert run.data.tags["holdfast.verdict"] == "helped"
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {"outcomes.json", "report.html"}


def test_a_file_says_who_was_contacted(asked, tmp_path):
    truth = pd.read_parquet(asked.root / "data/truth/called.parquet")
    file = tmp_path / "called.csv"
    rows = [f"{name};2026-04-07T10:00+03:00;phone;4.5" for name in truth["customer_id"]]
    file.write_text("\n".join(["customer_id;contacted_at;channel;cost", *rows]) + "\n", "utf-8")
    called, found = asked(f"list_date={LIST}", f"contacts_file={file}")
    assert called.code == 0, called.err
    content = found[LIST]
    assert content["contacts"] == "a file"
    assert content["effect"]["reached"]["value"] == pytest.approx(len(truth) / len(listed_at(asked.root)))
    assert content["effect"]["saved_if_contacted"]["value"] > content["effect"]["saved"]["value"]
    assert content["cost"] == pytest.approx(4.5 * len(truth))


def test_all_lists_whose_outcome_is_known(asked):
    called, found = asked("list_date=all")
    assert called.code == 0, called.err
    content = found["all"]
    assert content["lists"][0] == LIST
    assert LATER in content["left_out"]
    followed = pd.read_parquet(asked.root / "data/outcomes/all/outcomes.parquet")
    assert not followed.duplicated(["customer_id", "as_of"]).any()
    # one round of draws: everybody is compared at most once, on the list on which their turn came
    assert not followed[followed["compared"]].duplicated("customer_id").any()


def test_a_list_without_hold_out(asked):
    called, _ = asked("as_of=2026-04-20", "outreach.holdout_share=0", stage="score")
    assert called.code == 0, called.err
    called, found = asked("list_date=2026-04-20")
    assert called.code == 0, called.err
    assert found["2026-04-20"]["verdict"] == "no hold-out"
    assert "No conclusion about contacting" in called.out
    assert "nobody was held out" in called.out


REFUSALS = {
    "no list was named": ((), 2, "published:"),
    "no list was published as of that day": (("list_date=2026-04-07",), 2, LIST),
    "the outcome of the list is not known yet": ((f"list_date={LATER}",), 3, "call again on 2026-07-31"),
    "'soon' is no day": (("list_date=soon",), 2, "`all`"),
    "there is no such file": ((f"list_date={LIST}", "contacts_file=/nowhere/called.csv"), 2, "called.csv"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refusals(asked, what):
    words, code, hint = REFUSALS[what]
    called, found = asked(*words)
    assert called.code == code, called.err
    assert what in called.block
    assert hint in called.block
    assert found == {}


def test_no_list_at_all(shop):
    called = shop.call("outcomes", "list_date=all")
    assert called.code == 2
    assert "no list was ever published here" in called.block


def test_what_was_decided_is_gone(asked):
    for path in (asked.root / "data/holdout/.runs").glob("*/decisions.parquet"):
        path.unlink()
    called, _ = asked(f"list_date={LIST}")
    assert called.code == 3
    assert "the decisions of the list are gone" in called.block
