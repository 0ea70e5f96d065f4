"""The history of published lists: which one stands, which is the latest, and who was held out of them."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from holdfast.artifacts.artifact import Root
from holdfast.artifacts.holdouts import holdouts_folder
from holdfast.artifacts.lists import (
    ListHistory,
    PublishedList,
    latest,
    lists_folder,
    publish,
    published_on,
    sweep_unpublished,
)
from holdfast.outreach.holdout import still_held

NOW = datetime(2026, 6, 3, 4, 30, tzinfo=UTC)


def make_list(root: Root, run_id: str, day: date, **more: object) -> PublishedList:
    """A finished list without files, save one that holds its name."""
    folder = lists_folder(root) / ".runs" / run_id
    folder.mkdir(parents=True)
    (folder / "file.txt").write_text(run_id, encoding="utf-8")
    manifest = {"run_id": run_id, "as_of": str(day), "fingerprint": run_id, **more}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return PublishedList(folder, manifest)


def hold_out(root: Root, file: str, *customers: str) -> Path:
    """A control group that is kept below `data/holdout/.runs`."""
    path = holdouts_folder(root) / ".runs" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [(customer, date(2026, 6, 1)) for customer in customers]
    pd.DataFrame(rows, columns=["customer_id", "held_since"]).to_parquet(path, index=False)
    return path


def test_an_older_list_does_not_become_the_latest(tmp_path):
    root = Root(tmp_path, "shop")
    for day, run in ((date(2026, 1, 12), "b"), (date(2026, 1, 5), "a")):
        hold_out(root, f"of-{run}/held_out.parquet", run)
        publish(root, make_list(root, run, day, selection=f"of-{run}"), NOW)
    (lists_folder(root) / ".latest.12345678.tmp").symlink_to(".runs/a")  # of a killed run
    (lists_folder(root) / "2026-01-19").symlink_to(".runs/deleted-by-hand")
    (lists_folder(root) / "notes.txt").write_text("")
    history = ListHistory(root)
    assert history.dates == [date(2026, 1, 5), date(2026, 1, 12)]
    assert (lists_folder(root) / "latest" / "file.txt").read_text() == "b"
    assert [history.held_out(day) for day in history.dates] == [{"a"}, {"b"}]
    assert history.digest() == {"2026-01-05": "a", "2026-01-12": "b"}


def test_latest_follows_the_newest_list_that_still_stands(tmp_path):
    root = Root(tmp_path, "shop")
    days = [date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)]
    for day in days:
        hold_out(root, f"of-{day}/held_out.parquet", "a")
        publish(root, make_list(root, str(day), day, selection=f"of-{day}"), NOW)
    (lists_folder(root) / "2026-01-19").unlink()  # withdrawn
    first = PublishedList.open(lists_folder(root) / "2026-01-05")
    assert first is not None
    publish(root, first, NOW)
    newest = latest(root)
    assert newest is not None
    assert newest.as_of == date(2026, 1, 12)


def test_when_a_list_was_first_published_is_kept(tmp_path):
    root, day = Root(tmp_path, "shop"), date(2026, 6, 1)
    hold_out(root, "s/held_out.parquet", "a")
    made = make_list(root, "run-1", day, selection="s")
    assert published_on(root, made) is None
    publish(root, made, NOW)
    publish(root, made, datetime(2026, 7, 1, tzinfo=UTC))  # made again: the same list
    assert published_on(root, made) == NOW.date()


def test_decisions_of_which_no_list_was_made_are_swept(tmp_path):
    root, day = Root(tmp_path, "shop"), date(2026, 6, 1)
    kept, gone = (hold_out(root, f"{name}/held_out.parquet", "a") for name in ("kept", "gone"))
    publish(root, make_list(root, "run-1", day, selection="kept"), NOW)
    sweep_unpublished(root)
    assert (kept.exists(), gone.parent.exists()) == (True, False)


def test_decisions_made_again_stay_where_the_list_would_be_the_same(tmp_path):
    root, day = Root(tmp_path, "shop"), date(2026, 6, 1)
    for name, digest in (("listed", "1"), ("again", "1"), ("other", "2")):
        manifest = hold_out(root, f"{name}/held_out.parquet", "a").with_name("manifest.json")
        manifest.write_text(json.dumps({"files": {"held_out.parquet": digest}}), encoding="utf-8")
    publish(root, make_list(root, "run-1", day, selection="listed"), NOW)
    sweep_unpublished(root)
    assert {folder.name for folder in (holdouts_folder(root) / ".runs").iterdir()} == {"listed", "again"}


def test_the_hold_outs_of_win_back_lists_count_too(tmp_path):
    root, day, next_day = Root(tmp_path, "shop"), date(2026, 6, 1), date(2026, 6, 2)
    hold_out(root, "selection-1/held_out.parquet", "a")
    hold_out(root, "selection-1/win_back_held_out.parquet", "b")
    publish(root, make_list(root, "run-1", day, selection="selection-1"), NOW)
    held = ListHistory(root, next_day).holdouts().table()
    assert still_held(held, as_of=next_day, holdout_days=90) == {"a": day, "b": day}
    assert ListHistory(root, day).holdouts().table() is None
