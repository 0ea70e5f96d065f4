"""What is counted of each delivery."""

import datetime as dt

import ibis
import pandas as pd

from holdfast.sources.deliveries import count_days


def test_a_new_campaign_is_no_new_value_of_a_category():
    days = pd.date_range("2026-01-01", periods=60)
    rows = pd.DataFrame(
        {"customer_id": [f"c{n % 7}" for n in range(60)], "known_at": days, "channel": "mail"}
    )
    rows["campaign"] = [f"campaign-{n // 10}" for n in range(60)]
    counted = count_days({"contacts": ibis.memtable(rows)})
    assert {name for name in counted.columns if name.startswith("value:")} == {"value:channel=mail"}
    assert counted["day"].max() == pd.Timestamp(dt.date(2026, 3, 1))
