"""Files are whole or absent, whatever happens while they are written."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from holdfast.errors import LockHeld, SettingError
from holdfast.layout import Layout
from holdfast.publication import publish, published_dates
from holdfast.storage import (
    building,
    carry_over,
    fingerprint,
    hash_folder,
    locked,
    point,
    read_json,
    standing,
    sweep,
    whole,
    write_json,
    writing,
)

SRC = Path(__file__).parents[2] / "src"


def build(folder: Path, text: str, mark: str = "mark") -> None:
    with building(folder, {"fingerprint": mark}) as (out, manifest):
        (out / "file.txt").write_text(text, encoding="utf-8")
        manifest["files"] = hash_folder(out)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_writing_keeps_the_old_file_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")

    def half() -> None:
        with writing(file) as temporary:
            temporary.write_text("ne")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert file.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_same_content_is_the_same_bytes(tmp_path):
    write_json(tmp_path / "a", {"b": 1, "a": [date(2026, 1, 5), "é"]})
    write_json(tmp_path / "b", {"a": [date(2026, 1, 5), "é"], "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_json(tmp_path / "a") == {"a": ["2026-01-05", "é"], "b": 1}
    assert read_json(tmp_path / "c") is None


def test_fingerprints_follow_the_content_not_the_order():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})


def test_a_folder_appears_when_it_is_whole(tmp_path):
    folder = tmp_path / "result"

    def half() -> None:
        with building(folder, {"fingerprint": "x"}) as (out, _):
            (out / "half").write_text("")
            assert not folder.exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert names(tmp_path) == []
    build(folder, "one")
    assert standing(folder, "mark") is not None
    assert standing(folder, "other") is None
    build(folder, "two", "other")
    assert (folder / "file.txt").read_text() == "two"
    assert names(tmp_path) == ["result"]


def test_the_same_bytes_again_leave_the_folder_alone(tmp_path):
    folder = tmp_path / "result"
    build(folder, "one")
    inode = folder.stat().st_ino
    build(folder, "one")
    assert folder.stat().st_ino == inode
    (folder / "file.txt").unlink()
    assert standing(folder, "mark") is None
    build(folder, "one")
    assert (folder / "file.txt").read_text() == "one"


def test_what_a_killed_run_left_is_swept(tmp_path):
    (tmp_path / ".result.12345678.tmp").mkdir()
    (tmp_path / ".result.12345678.tmp" / "half").write_text("")
    (tmp_path / ".other.json.12345678.tmp").write_text("")
    build(tmp_path / "result", "one")
    assert names(tmp_path) == ["result"]


def test_links_are_relative_and_switch(tmp_path):
    for name in ("one", "two"):
        build(tmp_path / ".runs" / name, name)
        point(tmp_path / "latest", tmp_path / ".runs" / name)
        assert (tmp_path / "latest" / "file.txt").read_text() == name
    assert str((tmp_path / "latest").readlink()) == ".runs/two"


def test_an_older_list_does_not_become_the_latest(tmp_path):
    layout = Layout(tmp_path, "shop")
    for day, run in ((date(2026, 1, 12), "b"), (date(2026, 1, 5), "a")):
        build(layout.run(run), run)
        build(layout.holdout_of_run(run), run)
        publish(layout, day, run)
    (layout.lists / ".latest.12345678.tmp").symlink_to(".runs/a")  # of a killed run
    (layout.lists / "2026-01-19").symlink_to(".runs/deleted-by-hand")
    (layout.lists / "notes.txt").write_text("")
    assert published_dates(layout) == [date(2026, 1, 5), date(2026, 1, 12)]
    assert (layout.lists / "latest" / "file.txt").read_text() == "b"


def test_one_root_one_run(tmp_path):
    with locked(tmp_path):
        with pytest.raises(LockHeld) as refused, locked(tmp_path):
            pass
        assert refused.value.exit_code == 5
    with locked(tmp_path):
        pass


def test_the_lock_of_a_killed_run_holds_nobody_up(tmp_path):
    code = (
        "import os, signal, pathlib, sys\nfrom holdfast.storage import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    call = [sys.executable, "-c", code, str(tmp_path)]
    killed = subprocess.run(call, check=False, env={"PYTHONPATH": str(SRC)}, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert (tmp_path / ".holdfast.lock").exists()
    with locked(tmp_path):
        pass


def test_a_root_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"paths\.root"), locked(tmp_path / "file" / "root"):
        pass


def test_what_was_moved_aside_for_a_killed_run_is_put_back(tmp_path):
    aside = tmp_path / ".model.ab12.old.tmp"
    aside.mkdir()
    (aside / "file.txt").write_text("the only copy")
    (tmp_path / ".model.ab12.tmp").mkdir()
    (tmp_path / ".champion.cd34.tmp").symlink_to("model")
    sweep(tmp_path)
    assert names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "file.txt").read_text() == "the only copy"


def test_a_changed_byte_does_not_stand(tmp_path):
    build(tmp_path / "done", "right")
    assert standing(tmp_path / "done", "mark") is not None
    (tmp_path / "done" / "file.txt").write_text("wrong", encoding="utf-8")
    assert standing(tmp_path / "done", "mark") is None


def test_what_is_carried_over_outlives_the_folder_it_came_from(tmp_path, monkeypatch):
    build(tmp_path / "old", "one")
    carry_over(tmp_path / "old" / "file.txt", tmp_path / "new" / "below" / "file.txt")
    assert (tmp_path / "new/below/file.txt").stat().st_ino == (tmp_path / "old/file.txt").stat().st_ino

    def no_links(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("os.link", no_links)
    carry_over(tmp_path / "old" / "file.txt", tmp_path / "copy.txt")
    (tmp_path / "old" / "file.txt").unlink()
    assert (tmp_path / "new/below/file.txt").read_text() == (tmp_path / "copy.txt").read_text() == "one"


def test_whole_is_every_file_to_the_byte(tmp_path):
    build(tmp_path / "done", "right")
    digest = hash_folder(tmp_path / "done")
    assert whole(tmp_path / "done", digest)
    assert not whole(tmp_path / "done", {**digest, "other.txt": "0"})
    assert not whole(tmp_path / "done", {"file.txt": "0"})
