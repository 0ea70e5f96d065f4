"""Columns that know the future, looked for beside a model."""

from tests.evaluation.snapshots import snapshots

from holdfast.evaluation.leakage import find_suspects


def test_columns_that_leak_are_named_and_honest_ones_are_not() -> None:
    columns = {"profile__closed__all": "PROFILE", "spend__sum__all": "SPEND_DOWN"}
    assert find_suspects(snapshots(), columns) == {"profile__closed__all": 1.0}
