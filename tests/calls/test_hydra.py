"""Hydra as its users know it: presets, own folders, looking at settings, sweeps; the rest is refused."""

import csv
import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from tests.pipeline.conftest import Shop, mlflow_client, rhythmic_orders, run_command

from holdfast.composing import Composition, sweep
from holdfast.config import load_config


def done(*words: object) -> str:
    called = run_command(*words)
    assert called.code == 0, called.err
    return called.out


def refused(*words: object) -> str:
    called = run_command(*words)
    assert called.code == 2, called.err
    return called.block


def test_a_preset_sets_several_groups_and_the_command_line_goes_before_it():
    config = load_config(["experiment=thorough", "model.n_bags=2"])
    assert (config.tuning.n_trials, config.timeline.snapshots, config.model.n_bags) == (120, 52, 2)
    assert "did you mean 'quick'?" in refused("train", "experiment=quik")


def test_a_preset_of_ones_own(tmp_path):
    (tmp_path / "experiment").mkdir()
    text = "# @package _global_\ndefaults:\n  - quick\n  - override /tuning: quick\nseed: 5\n"
    (tmp_path / "experiment" / "mine.yaml").write_text(text, encoding="utf-8")
    config = load_config(["experiment=mine"], tmp_path)
    assert (config.seed, config.tuning.n_trials, config.model.n_bags) == (5, 20, 1)


def test_ones_own_file_replaces_the_shipped_one_of_its_name(tmp_path):
    (tmp_path / "source").mkdir()
    own = tmp_path / "source" / "online_retail.yaml"
    own.write_text("defaults:\n  - /shipped/source/online_retail@_here_\ncurrency: EUR\n", encoding="utf-8")
    config = load_config(["source=online_retail"], tmp_path)
    shipped = load_config(["source=online_retail"])
    assert (shipped.source.currency, config.source.currency) == ("GBP", "EUR")
    assert config.source.tables == shipped.source.tables
    called = run_command(
        "validate", "source=online_retail", "--config-dir", tmp_path, f"paths.root={tmp_path}", "tracking=off"
    )
    assert called.code == 3  # the file is not there
    assert "using your source/online_retail.yaml in place of the shipped one" in called.err


def test_another_main_file(tmp_path):
    (tmp_path / "ours.yaml").write_text("defaults: [config, _self_]\nseed: 12\n", encoding="utf-8")
    out = done("config", "--config-dir", tmp_path, "--config-name", "ours", "language=el")
    lines = dict(line.split(": ", 1) for line in out.splitlines())
    assert lines["seed"].split() == ["12", "#", f"{tmp_path}/ours.yaml"]
    assert lines["language"].split() == ['"el"', "#", "command", "line"]
    assert lines["threads"].split() == ["null", "#", "conf/config.yaml"]
    assert lines["model.n_bags"].split() == ["3", "#", "conf/model/lightgbm.yaml"]
    assert "there is no file 'theirs.yaml'" in refused("config", "--config-name", "theirs")


def test_keys_are_added_and_removed(tmp_path):
    place = ("--config-dir", tmp_path)
    assert "USD" in done("config", "+source.rates.USD=0.9", *place)
    assert "source.tables.tickets" not in done("config", "~source.tables.tickets", *place)
    assert "model.n_bags: Field required" in refused("config", "~model.n_bags")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--cfg", "job"], "n_bags: 3"),
        (["--cfg", "job", "--package", "model"], "# @package model\nn_bags: 3"),
        (["--cfg", "job", "--resolve"], "model.n_bags: 3"),
        (["--cfg", "hydra"], "job_logging"),
        (["--info", "defaults"], "model/lightgbm"),
        (["-c", "all"], "job_logging"),
    ],
)
def test_settings_are_shown_without_a_run(words, shown):
    assert shown in done("train", "model.n_bags=3", *words)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("hydra/sweeper=optuna", "tuning=quick"),
        ("hydra/job_logging=disabled", "stderr"),
        ("hydra.searchpath=[file:///x]", "--config-dir"),
        ("hydra.sweeper.params={seed: '7,8'}", "-m key=a,b"),
        ("hydra.job.chdir=true", "leave it out"),
        ("--config-path=/x", "--config-dir"),
        ("--experimental-rerun=x", "pickle"),
        ("--foo", "there is no option --foo"),
        ("--cfg=jobs", "invalid choice"),
    ],
)
def test_what_is_not_supported_is_refused_with_a_reason(word, why):
    assert why in refused("train", word)


def test_secrets_are_not_shown(tmp_path, monkeypatch):
    (tmp_path / "source").mkdir()
    columns = "{customer_id: a, transaction_id: b, occurred_at: c, amount: d}"
    table = f"{{database: '${{oc.env:SHOP_URL}}', table: t, columns: {columns}}}"
    text = f"tables: {{transactions: {table}}}\n"
    (tmp_path / "source" / "mine.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("SHOP_URL", "postgresql://me:s3cret@host/shop")
    for words in (["config"], ["train", "--cfg", "job"], ["train", "--cfg", "job", "--resolve"]):
        assert "s3cret" not in done(*words, "source=mine", "--config-dir", tmp_path)


@pytest.mark.parametrize(
    ("words", "setting", "values"),
    [
        (["model.learning_rate=0.03,0.1"], "model.learning_rate", [0.03, 0.1]),
        (["seed=range(1,4)"], "seed", [1, 2, 3]),
        (["seed=choice(5,9)"], "seed", [5, 9]),
        (["experiment=glob(*)"], "tuning.n_trials", [0, 120]),
        (["churn=inactivity,cancellation"], "churn.kind", ["inactivity", "cancellation"]),
        (["seed=1,2", "model.n_bags=1,3"], "model.n_bags", [1, 3, 1, 3]),
    ],
)
def test_sweeps_are_hydras(tmp_path, words, setting, values):
    def run_job(job: Composition, folder: Path, number: int) -> tuple[Composition, Path, int]:
        return job, folder, number

    jobs = sweep([*words, f"hydra.sweep.dir={tmp_path / 'here'}"], None, "config", run_job)
    found = [OmegaConf.select(OmegaConf.create(job.settings), setting) for job, _, _ in jobs]
    assert found == values
    assert [number for _, _, number in jobs] == list(range(1, len(values) + 1))
    assert {folder for _, folder, _ in jobs} == {tmp_path / "here"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["config", "++model.n_bags=4"], "model.n_bags: 4"),
        (["config", "+source.rates.USD=0.9"], "source.rates.USD: 0.9"),
        (["config", "experiment=quick"], "conf/experiment/quick.yaml"),
        (["train", "-h"], "usage: holdfast train"),
        (["--shell-completion", "install=bash"], "complete"),
        (["--version"], "holdfast "),
    ],
)
def test_calls_of_a_hydra_user(words, shown):
    assert shown in done(*words)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("hydra.run.dir=/tmp/x", "leave it out"),
        ("--hydra-help", "holdfast --help"),
        ("model=nothing", "there is no model 'nothing'"),
        ("modell=lightgbm", "did you mean 'model'?"),
        ("model.learnin_rate=0.1", "did you mean 'learning_rate'?"),
        ("+model.nothing=1", "there is no such setting"),
        ("model.n_bags", "is not key=value"),
        ("seed=1,2", "seed"),
    ],
)
def test_mistakes_of_a_hydra_user_are_named(word, why):
    assert why in refused("train", word)


# --- sweeps -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> tuple[Path, str]:
    """A sweep of three jobs, one of which cannot be; gives the root and what was said."""
    shop = Shop(tmp_path_factory.mktemp("sweep"))
    shop.write(rhythmic_orders(customers=40, days=200))
    called = run_command(
        "features", "-m", "source=shop", f"paths.root={shop.root}", "--config-dir", shop.conf,
        "as_of=2024-06-01", "timeline.snapshots=2,3,0", "features.windows_days=[30]",
    )  # fmt: skip
    assert called.code == 2, called.err
    return shop.root, called.out + called.err


def test_a_sweep_shows_what_differed_with_the_figures_that_matter(swept):
    root, said = swept
    (folder,) = (root / "data/multirun").iterdir()
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []
    with (folder / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["timeline.snapshots"] for row in rows] == ["2", "3", "0"]
    assert [row["ended"] for row in rows] == ["done", "done", "exit 2"]
    assert "features" in rows[0]
    assert "windows_days" not in rows[0]  # the same in all
    assert said.count("transactions: reading") == 1  # validated once for all


def test_a_sweep_is_one_run_with_nested_ones(swept):
    root, _ = swept
    client = mlflow_client(root)
    experiment = client.get_experiment_by_name("holdfast")
    runs = client.search_runs([experiment.experiment_id])
    names = {run.info.run_id: run.info.run_name for run in runs}
    above = {run.info.run_name: names.get(run.data.tags.get("mlflow.parentRunId")) for run in runs}
    (top,) = [name for name, parent in above.items() if parent is None]
    assert top == "features sweep · 3 jobs"
    assert sorted(name for name, parent in above.items() if parent == top) == sorted(
        run.info.run_name for run in runs if run.data.tags.get("holdfast.command") == "features"
    )
    assert {run.info.status for run in runs} == {"FINISHED"}
    (sweep,) = [run for run in runs if run.info.run_name == top]
    assert "jobs.json" in [file.path for file in client.list_artifacts(sweep.info.run_id)]
    kept = json.loads((root / "data/tracked.json").read_text(encoding="utf-8"))
    assert [store["unfinished"] for store in kept.values()] == [{}]


def test_simulate_takes_no_sweep():
    assert "simulate takes no -m" in refused("simulate", "-m", "demo.customers=100,200")


def test_joblib_runs_several_jobs_at_a_time(tmp_path):
    """Two roots at once, and two jobs of each that take turns: one table, none is refused as locked."""
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    shop = Shop(tmp_path)
    shop.write(rhythmic_orders(customers=40, days=200))
    roots = f"{tmp_path}/a,{tmp_path}/b"
    called = run_command(
        "features", "-m", "source=shop", f"paths.root={roots}", "--config-dir", shop.conf, "as_of=2024-06-01",
        "timeline.snapshots=2,3", "features.windows_days=[30]", "threads=1", "tracking=off",
        "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", f"hydra.sweep.dir={tmp_path}/swept",
    )  # fmt: skip
    assert called.code == 0, called.out + called.err
    with (tmp_path / "swept" / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(Path(row["paths.root"]).name, row["timeline.snapshots"]) for row in rows] == [
        ("a", "2"), ("a", "3"), ("b", "2"), ("b", "3"),
    ]  # fmt: skip
    assert {row["ended"] for row in rows} == {"done"}
    assert all(int(row["features"]) > 5 for row in rows)


def test_another_launcher_is_refused():
    assert "joblib several at a time" in refused("train", "-m", "hydra/launcher=submitit_local", "seed=1,2")
