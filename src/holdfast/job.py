"""What every stage is handed: the settings, the places of files, and somebody to tell."""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ibis import Table

from holdfast import tracking
from holdfast.config import Config
from holdfast.engine.duckdb import DuckDB, open_engine
from holdfast.errors import DataRefused, SettingError
from holdfast.layout import Layout
from holdfast.storage import (
    building,
    code_fingerprint,
    fingerprint,
    hash_folder,
    read_json,
    standing,
    sweep,
    write_json,
)

Manifest = dict[str, Any]


class Result(NamedTuple):
    """What a stage left behind: a finished folder and its manifest."""

    folder: Path
    manifest: Manifest

    def files(self, below: str = "") -> dict[str, str]:
        """The hashes of the files whose relative path starts with `below`."""
        return {name: digest for name, digest in self.manifest["files"].items() if name.startswith(below)}


Make = Callable[[Path, Manifest, tracking.Run], None]


@dataclasses.dataclass(frozen=True)
class Job:
    """One call of one stage.

    Attributes:
        config: the settings.
        layout: where files lie.
        say: told what is being done, a line each.
        started: when the call began (UTC); raw rows later than this are from the future.
    """

    config: Config
    layout: Layout
    say: Callable[[str], None]
    started: dt.datetime
    done: dict[Path, Result] = dataclasses.field(default_factory=dict)

    def once(
        self,
        stage: str,
        folder: Path,
        make: Make,
        *,
        after: Mapping[str, Result],
        made_of: Mapping[str, Any] | None,
    ) -> Result:
        """The result of a stage: what stands if nothing has changed, else made anew in one step.

        Args:
            stage: names its run in tracking.
            folder: where the result lies.
            make: writes into a hidden folder that takes the place of `folder`, and adds to its manifest.
            after: the results it was made from, by stage; their runs are linked.
            made_of: all that decides the result beside Holdfast's own code; None: make it in any case.
        """
        if folder in self.done:
            return self.done[folder]
        sweep(folder.parent)
        mark = self.mark(stage, made_of)
        manifest = None if self.config.force or made_of is None else standing(folder, mark)
        if manifest is None:
            links = {f"holdfast.{name}_run": result.manifest["run"] for name, result in after.items()}
            with (
                tracking.run(stage, self.config.tracking, self.layout.root, links) as run,
                building(folder, {"fingerprint": mark, "run": run.id}) as (out, manifest),
            ):
                make(out, manifest, run)
                manifest["files"] = hash_folder(out)
        self.done[folder] = Result(folder, manifest)
        return self.done[folder]

    def mark(self, stage: str, made_of: Mapping[str, Any] | None) -> str:
        """The fingerprint of a stage's result: inputs, settings, and Holdfast's own code."""
        return fingerprint({"stage": stage, "code": code_fingerprint(), "made_of": made_of})

    def attributes(self) -> tuple[str, ...]:
        """The columns of the customers table that the source lists as never changing, or dated."""
        people = self.config.source.tables.get("customers")
        return people.attributes if people else ()

    @contextlib.contextmanager
    def engine(self) -> Iterator[DuckDB]:
        """An open engine."""
        with open_engine(self.config.engine, self.layout.temporary, self.config.threads) as engine:
            yield engine

    def tables(self, engine: DuckDB) -> dict[str, Table]:
        """The validated tables, by name; each is a folder of parts."""
        return {
            path.stem: engine.read_parquet(path) for path in sorted(self.layout.validated.glob("*.parquet"))
        }

    def check_question(self) -> None:
        """Let one root serve one source and one churn question.

        Raises:
            SettingError: this root serves another one.
        """
        asked, kept = self.question(), read_json(self.layout.question)
        if kept is not None and any(asked[part] != kept[part] for part in kept):
            raise SettingError(
                "this folder serves another source or churn question: lists and models would not compare",
                where=str(self.layout.root),
                found=in_words(asked),
                expected=in_words(kept),
                next_step="give this question a folder of its own: paths.root=…",
            )

    def keep_question(self, *parts: str) -> None:
        """From now on this root serves the `source`, or the `churn` question: something was made for it."""
        kept, asked = read_json(self.layout.question) or {}, self.question()
        if not set(parts) <= set(kept):
            write_json(self.layout.question, kept | {part: asked[part] for part in parts})

    def question(self) -> dict[str, Any]:
        """Which source and churn question this call is about."""
        return {"source": self.config.source.name, "churn": self.config.churn.asked()}

    def train_day(self, validated: Manifest) -> dt.date:
        """The as-of date of a training: as asked, but never later than the day after the last known fact.

        Where the table that churn is read from ends long before the others, it is the one that counts:
        everybody would seem to have left.
        """
        newest, asked = day_after_last_fact(validated), self.config.day()
        reached = self.data_until(validated)
        if (newest - reached).days > self.config.contracts.max_stale_days:
            self.say(f"warning: {self.config.churn.stream} end long before the other tables, on {reached}")
            newest = reached
        if asked is not None and asked > newest:
            self.say(f"the data ends before {asked}: training as of {newest}")
        return min(asked or newest, newest)

    def data_until(self, validated: Manifest) -> dt.date:
        """The day after the last known purchase; of subscriptions, where weeks may pass, after any fact."""
        tables = validated["tables"]
        if self.config.churn.stream == "transactions":
            tables = {"transactions": tables["transactions"]}
        return day_after_last_fact({"tables": tables})

    def score_day(self, validated: Manifest) -> dt.date:
        """The as-of date of a scoring: as asked, else the day after the last known fact."""
        return self.config.day() or day_after_last_fact(validated)


def in_words(question: Manifest) -> str:
    """A question in one line."""
    churn = ", ".join(f"{key}={value}" for key, value in sorted(question.get("churn", {}).items()))
    return f"source={question['source']}" + (f" churn: {churn}" if churn else "")


def day_after_last_fact(validated: Manifest) -> dt.date:
    """The first midnight at which everything in the tables was known."""
    last = [table["last_known_at"] for table in validated["tables"].values() if table["last_known_at"]]
    if not last:
        raise DataRefused(
            "no table has a single dated row", next_step="holdfast validate shows what was rejected"
        )
    return max(dt.datetime.fromisoformat(time).date() for time in last) + dt.timedelta(days=1)
