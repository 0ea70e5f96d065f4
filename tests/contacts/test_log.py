"""Who was contacted within some days."""

import datetime as dt

import pandas as pd

from holdfast.contacts.log import contacted_in


def test_who_was_contacted_between_two_days():
    contacts = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "c", "d", "d"],
            "contacted_at": pd.to_datetime(
                [
                    "2026-08-03",
                    "2026-08-09 23:59",
                    "2026-08-02 23:59",
                    "2026-08-10",
                    "2026-08-04",
                    "2026-08-05",
                ],
                format="ISO8601",
            ),
            "cost": [1.0, 2.0, 4.0, 8.0, 16.0, None],
        }
    )
    found = contacted_in(contacts, dt.date(2026, 8, 3), dt.date(2026, 8, 10)).set_index("customer_id")
    assert found["contacted"].to_dict() == {"a": True, "d": True}
    assert found.loc["a", "cost"] == 3
    assert found["cost"].isna().to_dict() == {"a": False, "d": True}
