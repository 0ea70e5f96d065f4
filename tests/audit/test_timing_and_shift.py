"""Times stamped in bulk, rows known late, and columns that began or stopped being filled."""

from collections.abc import Sequence

import pyarrow as pa
from tests.audit.tables import on, validated

from holdfast.audit.covariate_shift import judge_shifts, measure_shifts
from holdfast.audit.timing import judge_timing, measure_timing


def rules(name, rows):
    return [
        (one.severity, one.rule, one.columns)
        for one in judge_timing(measure_timing(name, validated(name, rows)))
    ]


def test_late_rows_are_a_note():
    rows = [{"occurred_at": on(-place), "known_at": on(-place + 2 * (place == 3))} for place in range(1, 9)]
    assert rules("transactions", rows) == [("note", "late_rows", ())]
    assert measure_timing("transactions", validated("transactions", rows)).late == 1


def test_rows_known_when_they_happened_are_a_note_where_later_facts_follow():
    assert rules("transactions", [{"occurred_at": on(-1)}]) == []
    found = rules("tickets", [{"opened_at": on(-1), "resolved_at": on(0)}])
    assert found == [("note", "known_when_it_happened", ())]
    known = {"opened_at": on(-1), "known_at": on(-1, 2), "resolved_at": on(0)}
    assert rules("tickets", [known]) == []


def test_ratings_stamped_by_the_export_are_suspicious():
    rows = [
        {
            "opened_at": on(-place),
            "known_at": on(-place, 1),
            "csat": 3.0,
            "csat_at": on(9),
            "resolved_at": on(0, 0),
        }
        for place in range(1, 61)
    ]
    for place, row in enumerate(rows):
        row["resolved_at"] = on(place)
    assert rules("tickets", rows) == [("suspicious", "stamped_in_bulk", ("csat_at",))]
    assert rules("tickets", rows[:40]) == []  # too few to say


def test_rows_all_loaded_at_once_are_suspicious():
    rows = [{"occurred_at": on(-place), "known_at": on(1)} for place in range(2, 80)]
    assert ("suspicious", "stamped_in_bulk", ("known_at",)) in rules("transactions", rows)


# --- shifts ---------------------------------------------------------------------------------------


def shifted(name: str, old: Sequence[object], new: Sequence[object]):
    level = any(isinstance(value, str) for value in [*old, *new])
    was, now = (
        pa.table({name: pa.array(values).dictionary_encode() if level else pa.array(values, pa.float32())})
        for values in (old, new)
    )
    shifts = measure_shifts(was, now, [name])
    return shifts, [(one.severity, one.rule) for one in judge_shifts(shifts, {name: "tickets"})]


def test_a_column_that_stopped_being_filled():
    (one,), found = shifted("support__m__90d", [1.0] * 300, [None] * 300)
    assert (one.missing_old, one.missing_new) == (0.0, 1.0)
    assert found == [("suspicious", "stopped_being_filled")]


def test_a_column_that_began_counts_only_over_all_history():
    assert shifted("support__m__all", [None] * 300, [1.0] * 300)[1] == [("suspicious", "began_being_filled")]
    assert shifted("support__m__365d", [None] * 300, [1.0] * 300)[1] == []


def test_a_level_that_disappeared():
    old, new = ["web", "shop"] * 150, ["web", "app"] * 150
    assert shifted("tickets__c__all", old, new)[1] == [("suspicious", "level_gone"), ("note", "level_new")]


def test_the_same_values_do_not_shift():
    (one,), found = shifted(
        "spend__m__all", [float(place) for place in range(300)], [*map(float, range(300))]
    )
    assert (one.psi, found) == (0.0, [])


def test_few_rows_say_nothing():
    assert shifted("spend__m__all", [1.0] * 300, [None] * 100) == ([], [])
