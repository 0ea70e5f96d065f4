"""Files are whole or absent, whatever happens while they are written."""

from datetime import date
from pathlib import Path

import pytest

from holdfast.files import (
    hash_folder,
    hash_json,
    link_or_copy,
    matches,
    point_link,
    read_finished,
    read_json,
    replacing,
    replacing_folder,
    sweep_leftovers,
    write_json,
)


def build(folder: Path, text: str, mark: str = "mark") -> None:
    with replacing_folder(folder, {"fingerprint": mark}) as (out, _):
        (out / "file.txt").write_text(text, encoding="utf-8")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_replacing_keeps_the_old_file_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")

    def half() -> None:
        with replacing(file) as temporary:
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
    assert hash_json({"a": 1, "b": 2}) == hash_json({"b": 2, "a": 1})
    assert hash_json({"a": 1}) != hash_json({"a": "1"})


def test_a_folder_appears_when_it_is_whole(tmp_path):
    folder = tmp_path / "result"

    def half() -> None:
        with replacing_folder(folder, {"fingerprint": "x"}) as (out, _):
            (out / "half").write_text("")
            assert not folder.exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert names(tmp_path) == []
    build(folder, "one")
    assert read_finished(folder, "mark") is not None
    assert read_finished(folder, "other") is None
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
    assert read_finished(folder, "mark") is None
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
        point_link(tmp_path / "latest", tmp_path / ".runs" / name)
        assert (tmp_path / "latest" / "file.txt").read_text() == name
    assert str((tmp_path / "latest").readlink()) == ".runs/two"


def test_what_was_moved_aside_for_a_killed_run_is_put_back(tmp_path):
    aside = tmp_path / ".model.ab12.old.tmp"
    aside.mkdir()
    (aside / "file.txt").write_text("the only copy")
    (tmp_path / ".model.ab12.tmp").mkdir()
    (tmp_path / ".champion.cd34.tmp").symlink_to("model")
    sweep_leftovers(tmp_path)
    assert names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "file.txt").read_text() == "the only copy"


def test_a_changed_byte_does_not_stand(tmp_path):
    build(tmp_path / "done", "right")
    assert read_finished(tmp_path / "done", "mark") is not None
    (tmp_path / "done" / "file.txt").write_text("wrong", encoding="utf-8")
    assert read_finished(tmp_path / "done", "mark") is None


def test_what_is_carried_over_outlives_the_folder_it_came_from(tmp_path, monkeypatch):
    build(tmp_path / "old", "one")
    link_or_copy(tmp_path / "old" / "file.txt", tmp_path / "new" / "below" / "file.txt")
    assert (tmp_path / "new/below/file.txt").stat().st_ino == (tmp_path / "old/file.txt").stat().st_ino

    def no_links(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("os.link", no_links)
    link_or_copy(tmp_path / "old" / "file.txt", tmp_path / "copy.txt")
    (tmp_path / "old" / "file.txt").unlink()
    assert (tmp_path / "new/below/file.txt").read_text() == (tmp_path / "copy.txt").read_text() == "one"


def test_a_folder_matches_by_every_file_to_the_byte(tmp_path):
    build(tmp_path / "done", "right")
    digest = hash_folder(tmp_path / "done")
    assert matches(tmp_path / "done", digest)
    assert not matches(tmp_path / "done", {**digest, "other.txt": "0"})
    assert not matches(tmp_path / "done", {"file.txt": "0"})
