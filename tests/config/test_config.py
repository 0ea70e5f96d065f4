"""Settings: whatever is wrong is one clear error with a hint; whatever is right is what was asked for."""

from datetime import date
from pathlib import Path
from typing import ClassVar

import pydantic
import pytest

from holdfast.config import Config, load_config
from holdfast.errors import SettingError
from holdfast.runtime.settings import declared_values
from holdfast.settings import Settings


def refusal(*overrides: str, config_dir: Path | None = None) -> str:
    with pytest.raises(SettingError) as refused:
        load_config(overrides, config_dir)
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("modle.bags=5", "did you mean 'model'?"),
        ("model.n_bag=5", "did you mean 'n_bags'?"),
        ("modle=x", "did you mean 'model'?"),
        ("source=demmo", "there is no source 'demmo'"),
        ("source=demmo", "did you mean 'demo'?"),
        ("tracking=of", "did you mean 'off'?"),
        ("engine=polars", "known: duckdb, spark"),
        ("churn.horizon_day=3", "did you mean 'horizon_days'?"),
        ("source.tables.transactions.colums=x", "did you mean 'columns'?"),
        ("source.tables.transactions.csv.delimter=x", "did you mean 'delimiter'?"),
        ("features.families.spnd=false", "did you mean 'spend'?"),
        ("language=fr", "no reasons in 'fr'"),
        ("+new=1", "there is no such setting"),
        ("hydra.run.dir=x", "'hydra.run.dir' is not supported"),
        ("as_of", "not key=value"),
        ("paths.root=", "the root is empty"),
        ("paths.root='s3a://bucket/churn'", "paths.local=/folder; or mount the bucket"),
        ("paths.local='s3a://bucket/churn'", "paths.local is an address"),
        ("paths.root='ftp://host/churn'", "no file system is addressed by ftp://"),
        ("engine.master=yarn", "engine.master counts only with engine=spark"),
    ],
)
def test_wrong_names(override, told):
    assert told in refusal(override)


@pytest.mark.parametrize(
    "override",
    [
        "model.n_bags=many", "model.n_bags=-1", "model.n_bags=1,2", "model.n_bags=[1", "churn.horizon_days=0",
        "churn.horizon_days=1.5", "churn.horizon_days=null", "seed=-1", "threads=0", "force=maybe",
        "features.windows_days=[]", "features.windows_days=[30,7]", "outreach.capacity=-5",
        "outreach.holdout_share=1.5", "contracts.max_rejected_share=2", "as_of=2026-02-30", "as_of=soon",
    ],
)  # fmt: skip
def test_wrong_values_are_named_with_their_key(override):
    key = override.partition("=")[0]
    assert f"found:    {key}: " in refusal(override)


def test_several_wrong_settings_are_told_at_once():
    told = refusal("model.n_bags=0", "seed=-1")
    assert "2 settings are wrong" in told
    assert "model.n_bags" in told
    assert "seed" in told


def test_combination_that_cannot_be():
    assert "subscriptions" in refusal("churn=cancellation")


def test_key_of_another_group_file():
    assert "did you mean 'grace_days'?" in refusal("churn=cancellation", "churn.grace_day=3")


@pytest.mark.parametrize(
    "name", ["plain", "with blank", "κόσμος", "it's", "a=b", "a(1)", "a,b", "a#b", "[a]", "{a}", "2024"]
)
def test_any_folder_may_be_the_root(tmp_path, name):
    config = load_config([f"paths.root={tmp_path / name}"])
    assert config.paths.local == tmp_path / name
    assert config.source.tables["tickets"].read == (f"{tmp_path / name}/data/raw/demo/tickets",)


def test_large_files_lie_at_an_address_and_all_else_in_a_folder(tmp_path):
    place = ["paths.root=s3a://bucket/churn/", f"paths.local={tmp_path}"]
    config = load_config([*place, "engine=spark"])
    assert str(config.paths.remote) == config.paths.root == "s3a://bucket/churn"
    assert config.paths.local == tmp_path
    assert load_config([f"paths.root={tmp_path}"]).paths.remote is None
    with pytest.raises(SettingError, match="only engine=spark reads and writes"):
        load_config(place)


def test_relative_root_belongs_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config(["paths.root=here"])
    assert config.paths.local == tmp_path / "here"
    assert config.source.tables["tickets"].read == (f"{tmp_path}/here/data/raw/demo/tickets",)


@pytest.mark.parametrize("given", ["2026-01-05", "'2026-01-05'", '"2026-01-05"'])
def test_days_may_be_quoted(given):
    assert load_config([f"as_of={given}"]).day() == date(2026, 1, 5)


@pytest.mark.parametrize("given", ["null", "latest"])
def test_no_day_and_latest_leave_the_day_open(given):
    assert load_config([f"as_of={given}"]).day() is None


def test_settings_that_a_file_leaves_out_can_be_given():
    assert load_config(["source.rates={USD: 0.9}"]).source.rates == {"USD": 0.9}


def test_own_folder_of_settings(tmp_path):
    (tmp_path / "source").mkdir()
    source = tmp_path / "source" / "mine.yaml"
    columns = "{customer_id: a, transaction_id: b, occurred_at: c, amount: d}"
    source.write_text(f"tables: {{transactions: {{read: x.csv, columns: {columns}}}}}\n", encoding="utf-8")
    config = load_config(["source=mine"], tmp_path)
    assert (config.source.name, config.source.time_zone) == ("mine", "UTC")
    assert "did you mean 'mine'?" in refusal("source=mien", config_dir=tmp_path)
    assert "no such folder" in refusal(config_dir=tmp_path / "nowhere")
    source.write_text("tables: [a: b\n", encoding="utf-8")
    assert f"{source}, line 2" in refusal("source=mine", config_dir=tmp_path)
    source.write_text("", encoding="utf-8")
    assert "source.tables: Field required" in refusal("source=mine", config_dir=tmp_path)


def test_a_file_more_is_a_language_more(tmp_path):
    words = tmp_path / "text" / "words" / "de.yaml"
    words.parent.mkdir(parents=True)
    words.write_text("leaving: [kündig]\nprice: []\ncompetitor: []\n", encoding="utf-8")
    config = load_config([], tmp_path)
    assert config.words["de"].leaving == ("kündig",)
    assert {"el", "en", "fa", "lt"} < set(config.words)
    words.with_name("en.yaml").write_text("leaving: [mine]\nprice: []\ncompetitor: []\n", encoding="utf-8")
    assert load_config([], tmp_path).words["en"].leaving == ("mine",)  # in place of the shipped one
    words.write_text("leaving: []\nleaving: []\n", encoding="utf-8")
    assert f"{words}, line 2" in refusal(config_dir=tmp_path)


def test_a_text_can_be_changed_for_one_run():
    config = load_config(["reasons.en.LONG_SILENCE=[Silent]"])
    assert config.reasons["en"]["LONG_SILENCE"] == ["Silent"]
    assert config.reasons["en"]["LONGER_GAPS"] == load_config().reasons["en"]["LONGER_GAPS"]


def test_secrets_come_from_the_environment_and_are_not_shown(tmp_path, monkeypatch):
    (tmp_path / "source").mkdir()
    columns = "{customer_id: a, transaction_id: b, occurred_at: c, amount: d}"
    table = f"{{database: '${{oc.env:SHOP_URL}}', table: t, columns: {columns}}}"
    text = f"tables: {{transactions: {table}}}\n"
    (tmp_path / "source" / "mine.yaml").write_text(text, encoding="utf-8")
    told = refusal("source=mine", config_dir=tmp_path)
    assert "the environment variable SHOP_URL is not set" in told
    assert "source.tables.transactions.database" in told
    monkeypatch.setenv("SHOP_URL", "postgresql://me:s3cret@host/shop")
    config: Config = load_config(["source=mine"], tmp_path)
    assert "s3cret" not in str(declared_values(config, list(Config.model_fields)))
    assert "s3cret" not in repr(config)


def test_an_old_name_is_refused_with_the_new_one():
    class Renamed(Settings):
        renamed: ClassVar = {"bags": "n_bags"}
        n_bags: int

    assert Renamed(n_bags=3).n_bags == 3
    with pytest.raises(pydantic.ValidationError, match="'bags' is now called 'n_bags'"):
        Renamed.model_validate({"bags": 3})


@pytest.mark.parametrize(
    ("override", "new"),
    [
        ("model.linear_strength=0.1", "model: 'linear_strength' is now called 'logistic_C'"),
        ("tuning.warm_up=3", "tuning: 'warm_up' is now called 'n_startup_trials'"),
        ("tuning.space.leaves=[3,5]", "tuning.space: 'leaves' is now called 'num_leaves'"),
        ("text.days=90", "text: 'days' is now called 'window_days'"),
        ("gate.few_churners=50", "gate: 'few_churners' is now called 'min_churners'"),
    ],
)
def test_settings_under_an_old_name_are_refused(override, new):
    assert new in refusal(override)


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{number}: &a{number} [{','.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 9)
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: &a [*a]\n", "no end"),
        ("tables: &t\n  transactions:\n    read: x\n    columns: *t\n", "no end"),
        (BOMB, "values"),
        ("a: " + "[" * 5000 + "]" * 5000 + "\n", "no end"),
    ],
)
def test_anchors_without_end_are_refused(tmp_path: Path, content: str, said: str):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "mine.yaml").write_text(content)
    told = refusal("source=mine", config_dir=tmp_path)
    assert "mine.yaml" in told
    assert said in told
