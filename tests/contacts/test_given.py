"""The file that says who was really contacted."""

import pandas as pd
import pytest

from holdfast.contacts.given import read_contacts
from holdfast.errors import DataRefused, SettingError

ZONE, WHERE = "Europe/Vilnius", "contacts_file=called.csv"


def write(folder, text, name="called.csv", encoding="utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_ids_stay_text_and_times_become_those_of_the_source(tmp_path, delimiter):
    lines = [
        ["customer_id", "contacted_at", "cost"],
        ["007", "2026-08-03", "1.5"],
        [" 08 ", "2026-08-03T22:30:00Z", ""],
        ["09", "2026-08-04 01:30:00+03:00", "2"],
    ]
    text = "\n".join(delimiter.join(line) for line in lines)
    found = read_contacts(write(tmp_path, text, encoding="utf-8-sig"), ZONE, WHERE)
    assert found["customer_id"].to_list() == ["007", "08", "09"]
    assert found["contacted_at"].astype("str").to_list() == [
        "2026-08-03 00:00:00", "2026-08-04 01:30:00", "2026-08-04 01:30:00",
    ]  # fmt: skip
    assert found["cost"].fillna(-1).to_list() == [1.5, -1, 2]


def test_what_a_spreadsheet_saves_as_unicode_text(tmp_path):
    text = "customer_id\tcontacted_at\n007\t2026-08-03\n"
    found = read_contacts(write(tmp_path, text, encoding="utf-16"), ZONE, WHERE)
    assert found["customer_id"].to_list() == ["007"]


def test_parquet(tmp_path):
    times = pd.to_datetime(["2026-08-03T10:00Z"])
    table = pd.DataFrame({"customer_id": ["007"], "contacted_at": times, "channel": ["phone"]})
    table.to_parquet(tmp_path / "called.parquet")
    found = read_contacts(tmp_path / "called.parquet", ZONE, WHERE)
    assert found["contacted_at"].astype("str").to_list() == ["2026-08-03 13:00:00"]
    assert found["cost"].isna().all()


def test_what_cannot_be_read_is_refused(tmp_path):
    cases = {
        "customer,contacted_at\n1,2026-08-03\n": "rename or drop customer (did you mean 'customer_id'?)",
        "customer_id,contacted_at,name\n1,2026-08-03,Ann\n": "rename or drop name",
        "customer_id\n1\n": "add contacted_at",
        "customer_id,contacted_at\n1,yesterday\n2,2026-08-03\n,2026-08-03\n": "2 of 3 contacts",
    }
    for text, expected in cases.items():
        with pytest.raises(DataRefused) as refused:
            read_contacts(write(tmp_path, text), ZONE, WHERE)
        assert expected in str(refused.value)
        assert WHERE in str(refused.value)
        assert "Ann" not in str(refused.value)
        assert "yesterday" not in str(refused.value)
    for name in ("called.csv", "called.parquet"):
        with pytest.raises(DataRefused, match="cannot be read"):
            read_contacts(write(tmp_path, "customer_id,ünreadable\n", name, "cp1252"), ZONE, WHERE)
    with pytest.raises(DataRefused, match="1 malformed lines, the first is line 3"):
        read_contacts(write(tmp_path, "customer_id,contacted_at\n1,2026-08-03\n2\n"), ZONE, WHERE)
    with pytest.raises(SettingError, match="no such file"):
        read_contacts(tmp_path / "gone.csv", ZONE, WHERE)
