"""A company's columns at training dates and now, as small as they can be and still drift."""

import datetime as dt

import numpy as np
import pyarrow as pa

from holdfast.config import load_config
from holdfast.monitor.profile import Profile, Tally, learn_profile

LIMITS = load_config(["tracking=off"]).monitor
DATES = tuple(dt.date(2025, month, 3) for month in (2, 3, 4, 5, 6, 7))
NOW = dt.date(2025, 9, 1)
COUNTRIES = ("CY", "GR", "LT")
IMPORTANCE = {
    "spend__sum__90d": 0.5,
    "spend__sum__all": 0.2,
    "profile__country__all": 0.2,
    "orders__count__90d": 0.1,
}


def snapshots(seed: int, date: dt.date, rows: int = 600, **changed: object) -> pa.Table:
    """Customers of one date, all drawn from what never changes; `changed`: columns in place of theirs."""
    draw = np.random.default_rng(seed)
    columns: dict[str, object] = {
        "customer_id": pa.array([f"c{seed}-{row}" for row in range(rows)]),
        "as_of": pa.array([date] * rows, pa.date32()),
        "spend__sum__90d": pa.array(
            draw.lognormal(4, 1, rows).astype(np.float32), mask=draw.random(rows) < 0.1
        ),
        "spend__sum__all": pa.array(draw.lognormal(6, 1, rows).astype(np.float32)),
        "profile__country__all": pa.array(
            draw.choice(COUNTRIES, rows, p=[0.2, 0.5, 0.3])
        ).dictionary_encode(),
        "orders__count__90d": pa.array((draw.poisson(0.3, rows) * 1.0).astype(np.float32)),
    }
    return pa.table({**columns, **changed})


def training(seed: int = 0) -> pa.Table:
    """The training rows of all dates."""
    parts = [snapshots(seed * 100 + place, date) for place, date in enumerate(DATES)]
    return pa.concat_tables(part.unify_dictionaries() for part in parts).unify_dictionaries()


def profile(seed: int = 0) -> Profile:
    """What the model was trained on."""
    return learn_profile(training(seed), IMPORTANCE)


def counted(reference: Profile, *parts: pa.Table) -> pa.Table:
    """What a scoring run counts of some features, part by part."""
    tally = Tally(reference)
    for part in parts:
        tally.merge([Tally(reference).count(part, sum(part.num_rows for part in parts))])
    return tally.to_table()
