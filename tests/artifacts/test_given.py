"""Files that a setting names."""

import pytest

from holdfast.artifacts.given import GivenFile
from holdfast.errors import SettingError


def test_do_not_contact_file(tmp_path):
    path = tmp_path / "never.txt"
    path.write_text("\ufeff007\r\n\r\n 008 \nŽ9", encoding="utf-8")
    assert GivenFile(path, "outreach.do_not_contact").lines("The do-not-contact list") == ["007", "008", "Ž9"]
    assert GivenFile(None, "outreach.do_not_contact").lines("The do-not-contact list") == []


@pytest.mark.parametrize("content", [None, b"\xff\xfe0"])
def test_a_do_not_contact_file_that_cannot_be_read_stops_the_list(tmp_path, content):
    path = tmp_path / "never.txt"
    if content:
        path.write_bytes(content)
    with pytest.raises(SettingError, match=r"outreach\.do_not_contact"):
        GivenFile(path, "outreach.do_not_contact").lines("The do-not-contact list")


def test_a_given_file_is_known_by_its_bytes(tmp_path):
    path = tmp_path / "never.txt"
    missing = GivenFile(path, "outreach.do_not_contact").digest()
    path.write_text("007")
    before = GivenFile(path, "outreach.do_not_contact").digest()
    path.write_text("008")
    assert len({missing, before, GivenFile(path, "outreach.do_not_contact").digest()}) == 3
    assert GivenFile(None, "outreach.do_not_contact").digest() is not None  # nothing is named: not unknown
