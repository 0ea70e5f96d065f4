"""The schema of all settings: check the composed conf/ into a frozen `Config`, or raise a `SettingError`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import pydantic
from pydantic import Field, field_validator, model_validator

from holdfast.audit.settings import AuditSettings
from holdfast.composing import Composition, compose_settings
from holdfast.contracts.settings import ContractSettings
from holdfast.demo.settings import DemoSettings
from holdfast.engine.settings import EngineSettings
from holdfast.errors import SettingError, nearest
from holdfast.evaluation.settings import GateSettings
from holdfast.explain.settings import ExplainSettings
from holdfast.explain.texts import ReasonTexts, Texts, check_texts
from holdfast.features.settings import FeatureSettings
from holdfast.model.settings import ModelSettings, TuningSettings
from holdfast.monitor.settings import MonitorSettings
from holdfast.outcomes.settings import OutcomesSettings
from holdfast.outreach.actions import Wording, check_actions
from holdfast.outreach.page.words import PageWords
from holdfast.outreach.settings import OutreachSettings
from holdfast.outreach.templates import Template, choose_templates
from holdfast.retention.settings import RetentionSettings
from holdfast.secrets import redact
from holdfast.settings import Secret, Settings
from holdfast.snapshots.churn import CHURN_KINDS, Churn
from holdfast.sources.settings import SourceSettings
from holdfast.storage import ADDRESS, RemotePath
from holdfast.text.settings import TextSettings, Words
from holdfast.timeline.settings import TimelineSettings
from holdfast.uplift.settings import UpliftSettings

LATEST = "latest"
ALL = "all"


class PathSettings(Settings):
    """Where everything is written.

    Attributes:
        root: a folder, or the address of one in a file system that Spark reads, for large files alone.
        local: the folder of everything else; the same as `root` where that is a folder.
    """

    root: str
    local: Path

    @property
    def remote(self) -> RemotePath | None:
        """The folder of the large files by its address; None: they lie below `local`."""
        return RemotePath(self.root) if ADDRESS.match(self.root) else None


class TrackingSettings(Settings):
    """Where runs and models are kept.

    Attributes:
        name: `local` keeps them (in the store below, or the server that `uri` or the environment variable
            MLFLOW_TRACKING_URI names); `off` keeps none.
        uri: null is `sqlite:///<paths.local>/mlflow.db`. MLFLOW_TRACKING_URI wins over it.
        artifacts: where a store without a server puts files; null is `<paths.local>/mlartifacts`.
        experiment: the experiment that all stages log to.
        registered_model: the name under which models are registered.
    """

    name: Literal["local", "off"] = "local"
    uri: Secret | None = None
    artifacts: Secret | None = None
    experiment: str = Field(default="holdfast", min_length=1)
    registered_model: str = Field(default="holdfast-churn", min_length=1)

    @field_validator("artifacts")
    @classmethod
    def _without_secrets(cls, artifacts: Secret | None) -> Secret | None:
        if artifacts is not None and redact(artifacts.get_secret_value()) != artifacts.get_secret_value():
            raise ValueError(
                "holds a password, which MLflow would write into its database: set the store's own "
                "environment variables instead, such as AWS_SECRET_ACCESS_KEY"
            )
        return artifacts


class Config(Settings):
    """All settings of a run; `conf/` says what each is for."""

    renamed: ClassVar = {"list": "list_date", "contacts": "contacts_file"}

    source: SourceSettings
    engine: EngineSettings
    contracts: ContractSettings
    churn: Churn
    timeline: TimelineSettings
    features: FeatureSettings
    model: ModelSettings
    tuning: TuningSettings
    gate: GateSettings
    tracking: TrackingSettings
    outreach: OutreachSettings
    explain: ExplainSettings
    uplift: UpliftSettings
    audit: AuditSettings
    monitor: MonitorSettings
    outcomes: OutcomesSettings
    retention: RetentionSettings
    demo: DemoSettings
    text: TextSettings
    actions: dict[str, Wording]
    exports: dict[str, Template]
    reasons: dict[str, ReasonTexts]
    page: dict[str, PageWords]
    words: dict[str, Words]
    language: str
    as_of: str | None
    list_date: str | None
    contacts_file: Path | None
    seed: int = Field(ge=0, lt=2**31)
    threads: int | None = Field(ge=1)
    force: bool
    debug: bool
    paths: PathSettings

    @field_validator("as_of", "list_date", mode="before")
    @classmethod
    def a_day(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """Check a day: YYYY-MM-DD, `latest` for as_of, `all` for list_date."""
        word = ALL if info.field_name == "list_date" else LATEST
        if value is None or value == word:
            return value
        try:
            return str(dt.date.fromisoformat(str(value)))
        except ValueError:
            raise ValueError(f"'{value}' is no day; write it as YYYY-MM-DD, or `{word}`") from None

    @model_validator(mode="after")
    def check_across_groups(self) -> "Config":
        """Check what depends on several groups."""
        for table in self.churn.streams:
            if table not in self.source.tables:
                eligible_by = getattr(self.churn, "eligible_by", None)
                by = f" churn.eligible_by={eligible_by}" if eligible_by else ""
                fits = table == "transactions" and "subscriptions" in self.source.tables
                hint = "; it maps subscriptions, which churn=cancellation is read from" if fits else ""
                raise ValueError(
                    f"churn={self.churn.kind}{by} is read from the table {table}, "
                    f"which source={self.source.name} does not map{hint}"
                )
        if self.paths.remote is not None and self.engine.name != "spark":
            raise ValueError(
                f"paths.root={self.paths.root} is an address, which only engine=spark reads and writes, "
                f"not engine={self.engine.name}; give a folder, or engine=spark"
            )
        texts: dict[str, Mapping[str, Any]] = {
            "reasons": self.reasons, "actions": self.actions, "words of the page": self.page,
        }  # fmt: skip
        for what, languages in texts.items():
            if self.language not in languages:
                raise ValueError(
                    f"language: no {what} in '{self.language}' ({nearest(self.language, languages)})"
                )
        check_texts(self.reasons[self.language], self.language)
        check_actions(self.outreach, self.actions[self.language], self.language)
        choose_templates(self.exports, self.outreach.export)
        return self

    def day(self) -> dt.date | None:
        """The requested as-of date; None: the day after the last known fact."""
        return None if self.as_of in (None, LATEST) else dt.date.fromisoformat(str(self.as_of))

    @property
    def reason_texts(self) -> Texts:
        """The reasons in the list's language, its number format and the source's currency."""
        words = self.page_words
        return Texts(
            self.reasons[self.language], words.thousands, words.decimal, self.source.currency,
            right_to_left=words.direction == "rtl",
        )  # fmt: skip

    @property
    def wording(self) -> Wording:
        """The texts of actions and channels in the list's language."""
        return self.actions[self.language]

    @property
    def page_words(self) -> PageWords:
        """The texts of the list's page in the list's language."""
        return self.page[self.language]


def load_config(overrides: Sequence[str] = (), config_dir: Path | None = None) -> Config:
    """Compose and check the settings of a run.

    Args:
        overrides: `key=value` as on the command line.
        config_dir: the folder of the user's settings files, such as `source/wholesaler.yaml`.

    Raises:
        SettingError: an unknown key, a wrong type or value, or an impossible combination.
    """
    return check_settings(compose_settings(overrides, config_dir))


def check_settings(composition: Composition) -> Config:
    """Check composed settings.

    Raises:
        SettingError: as `load_config`.
    """
    composed = composition.settings
    if isinstance(composed.get("source"), dict):
        composed["source"].setdefault("name", composition.chosen.get("source"))
    try:
        return Config.model_validate(composed)
    except pydantic.ValidationError as error:
        raise explain_validation(error) from None


def explain_validation(error: pydantic.ValidationError) -> SettingError:
    """The first five problems, each with its key."""
    lines = []
    for problem in error.errors()[:5]:
        key = ".".join(str(part) for part in problem["loc"] if part not in CHURN_KINDS)
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            siblings = sibling_settings(problem["loc"])
            hint = f" ({nearest(key.rpartition('.')[2], siblings)})" if siblings else ""
            message = f"there is no such setting{hint}"
        elif problem["type"] != "value_error" and not isinstance(problem.get("input"), dict | list):
            message += f", found {problem.get('input')!r}"
        lines.append(f"{key}: {message}" if key else message)
    return SettingError(
        "a setting is wrong" if len(lines) == 1 else f"{len(lines)} settings are wrong",
        found="\n             ".join(lines),
        next_step="correct it in conf/ or on the command line; holdfast STAGE --help-all shows all settings",
    )


def sibling_settings(location: Sequence[int | str]) -> list[str]:
    """The settings in the schema beside an unknown one."""
    schema: Any = Config
    for part in location[:-1]:
        fields = getattr(schema, "model_fields", {})
        if part in fields:
            schema = fields[part].annotation
        else:  # the key of a mapping, or the name of a member of a union
            members = [member for member in get_args(schema) if hasattr(member, "model_fields")]
            named = [member for member in members if member is CHURN_KINDS.get(str(part))]
            schema = (named or members or [None])[0]
    return list(getattr(schema, "model_fields", {}))
