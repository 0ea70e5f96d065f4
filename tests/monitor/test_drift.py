"""What drifted is named, what did not is not, and what matters comes first."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.monitor.tables import (
    COUNTRIES,
    DATES,
    IMPORTANCE,
    LIMITS,
    NOW,
    counted,
    profile,
    snapshots,
    training,
)

from holdfast.monitor.drift import measure_inputs, summarise
from holdfast.monitor.profile import Profile, learn_profile
from holdfast.monitor.verdict import conclude, judge_inputs


def drift_of(now: pa.Table, reference: Profile | None = None, date: dt.date = NOW):
    reference = reference or profile()
    return measure_inputs(reference, counted(reference, now), date, LIMITS)


def verdict_of(drift):
    return conclude(judge_inputs(drift, summarise(drift), LIMITS))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rows", [60, 600])
def test_no_drift_is_fine_even_for_a_small_base(seed: int, rows: int):
    reference = profile(seed)
    drift = drift_of(snapshots(9000 + seed, NOW, rows), reference)
    assert set(drift["state"]) == {"stable"}
    assert verdict_of(drift).level == ("unknown" if rows < 100 else "fine")


def test_index_equals_one_worked_out_by_hand():
    reference = profile()
    now = snapshots(1, NOW)
    row = drift_of(now, reference).set_index("feature").loc["profile__country__all"]
    levels = [*COUNTRIES, "other", None]
    then = [training()["profile__country__all"].to_pylist().count(level) for level in levels]
    later = [now["profile__country__all"].to_pylist().count(level) for level in levels]
    was, new = (np.array(part) + 0.5 for part in (then, later))
    was, new = was / was.sum(), new / new.sum()
    assert row["psi"] == pytest.approx(((new - was) * np.log(new / was)).sum(), rel=1e-9)


def test_another_currency_is_named_first_with_its_factor():
    now = snapshots(1, NOW)
    for name in ("spend__sum__90d", "spend__sum__all"):
        now = now.set_column(
            now.column_names.index(name), name, pc.multiply(now[name], pa.scalar(100, pa.float32()))
        )
    drift = drift_of(now)
    assert drift["feature"].tolist()[:2] == ["spend__sum__90d", "spend__sum__all"]
    assert drift["state"].tolist() == ["strong drift", "strong drift", "stable", "stable"]
    verdict = verdict_of(drift)
    assert verdict.level == "retrain"
    assert "spend__sum__90d" in verdict.reasons[0].what
    assert "times as large: another unit or currency?" in verdict.reasons[0].what


def test_a_column_that_is_suddenly_all_null_is_broken():
    drift = drift_of(snapshots(1, NOW, **{"spend__sum__90d": pa.nulls(600, pa.float32())}))
    assert drift.loc[0, ["feature", "state", "breakage"]].tolist() == [
        "spend__sum__90d",
        "broken",
        "all null",
    ]
    assert drift.loc[0, "missing_now"] == 1
    verdict = verdict_of(drift)
    assert verdict.level == "fix"
    assert "do not train on it" in verdict.reasons[0].next_step


def test_a_column_that_became_one_value_is_broken():
    drift = drift_of(snapshots(1, NOW, **{"spend__sum__all": pa.array(np.full(600, 7, np.float32))}))
    assert drift.loc[0, ["feature", "breakage"]].tolist() == [
        "spend__sum__all",
        "the same value for everybody",
    ]


def test_a_column_that_is_one_value_on_some_training_dates_is_not():
    rows = training()
    seen = pc.equal(rows["as_of"], pa.scalar(DATES[2], pa.date32()))
    spend = pc.if_else(seen, pa.scalar(7, pa.float32()), rows["spend__sum__all"])
    rows = rows.set_column(rows.column_names.index("spend__sum__all"), "spend__sum__all", spend)
    drift = drift_of(
        snapshots(1, NOW, **{"spend__sum__all": pa.array(np.full(600, 7, np.float32))}),
        learn_profile(rows, IMPORTANCE),
    )
    assert "broken" not in set(drift["state"])


def test_an_unseen_country_is_named():
    countries = pa.array(["GR"] * 300 + ["DE"] * 200 + ["FR"] * 100)
    drift = drift_of(snapshots(1, NOW, **{"profile__country__all": countries}))
    assert drift.loc[0, "feature"] == "profile__country__all"
    assert drift.loc[0, "breakage"] == "unseen: 'DE', 'FR' (50% of customers)"


def test_what_looks_like_a_training_date_is_the_season():
    rows = training()
    december = pc.equal(rows["as_of"], pa.scalar(DATES[1], pa.date32()))
    spend = pc.if_else(
        december, pc.multiply(rows["spend__sum__all"], pa.scalar(4, pa.float32())), rows["spend__sum__all"]
    )
    reference = learn_profile(
        rows.set_column(rows.column_names.index("spend__sum__all"), "spend__sum__all", spend), IMPORTANCE
    )
    now = snapshots(1, NOW)
    four = pc.multiply(now["spend__sum__all"], pa.scalar(4, pa.float32()))
    drift = drift_of(
        now.set_column(now.column_names.index("spend__sum__all"), "spend__sum__all", four), reference
    )
    row = drift.set_index("feature").loc["spend__sum__all"]
    assert row["psi"] > LIMITS.psi_large
    assert (row["state"], row["alike"]) == ("seasonal", str(DATES[1]))
    assert row["alike_psi"] < LIMITS.psi_watch
    assert verdict_of(drift).level == "fine"


def test_steady_growth_is_as_before_but_a_window_that_was_empty_excuses_nothing():
    rows, now = training(), snapshots(1, NOW)
    name = "spend__sum__all"
    place = rows.column_names.index(name)
    months = pa.array([DATES.index(day) for day in rows["as_of"].to_pylist()], pa.float32())

    def grown(table: pa.Table, power) -> pa.Table:
        return table.set_column(
            place, name, pc.multiply(table[name], pc.power(pa.scalar(1.6, pa.float32()), power))
        )

    growing = learn_profile(grown(rows, months), IMPORTANCE)
    later = grown(now, pa.scalar(7.0, pa.float32()))
    row = drift_of(later, growing).set_index("feature").loc[name]
    assert row["alike_psi"] > LIMITS.psi_watch
    assert row["state"] == "seasonal"
    empty = pc.if_else(pc.less(months, pa.scalar(1, pa.float32())), pa.scalar(None, pa.float32()), rows[name])
    half_empty = learn_profile(rows.set_column(place, name, empty), IMPORTANCE)
    hundred = now.set_column(place, name, pc.multiply(now[name], pa.scalar(100, pa.float32())))
    assert drift_of(hundred, half_empty).set_index("feature").loc[name, "state"] == "strong drift"


def test_parts_count_as_the_whole_and_a_profile_comes_back_as_it_was():
    reference = profile()
    now = snapshots(1, NOW)
    whole = counted(reference, now)
    assert counted(reference, now.slice(0, 250), now.slice(250, 0), now.slice(250)).equals(whole)
    again = Profile.from_table(reference.to_table())
    assert (again.dates, again.customers) == (DATES, 3600)
    assert again.to_table().equals(reference.to_table(), check_metadata=True)


def test_summary_adds_up():
    drift = drift_of(snapshots(1, NOW, **{"spend__sum__90d": pa.nulls(600, pa.float32())}))
    summary = summarise(drift)
    assert summary["states"] == {"broken": 1, "strong drift": 0, "drift": 0, "seasonal": 0, "stable": 3}
    assert summary["importance_broken"] == pytest.approx(0.5)
    assert summary["first"] == ["spend__sum__90d"]
    assert drift["importance"].sum() == pytest.approx(1)
