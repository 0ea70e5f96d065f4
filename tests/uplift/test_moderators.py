"""Which columns may make a difference, and the terms that are made of them."""

import numpy as np
import pyarrow as pa
import pydantic
import pytest

from holdfast.uplift.moderators import Moderators, choose_moderators, learn_moderators
from holdfast.uplift.settings import UpliftSettings

COLUMNS = [
    "recency__days__all", "orders__count__30d", "orders__count__90d", "orders__count__180d",
    "tickets__opened__365d", "tickets__opened__180d", "profile__country__all",
]  # fmt: skip


@pytest.mark.parametrize(
    ("moderators", "chosen"),
    [
        (["recency__days"], ["recency__days__all"]),
        (["orders__count"], ["orders__count__90d"]),
        (["tickets__opened"], ["tickets__opened__180d"]),
        (["surveys__nps_last"], []),
    ],
    ids=["of all history", "the longest up to 90 days", "the shortest beyond", "not given by the source"],
)
def test_one_column_for_each(moderators, chosen):
    assert choose_moderators(COLUMNS, UpliftSettings(moderators=moderators)) == chosen


def test_attributes_are_asked_for():
    assert choose_moderators(COLUMNS, UpliftSettings(attributes=True)) == ["profile__country__all"]
    assert choose_moderators(COLUMNS, UpliftSettings()) == []


def test_a_feature_that_does_not_exist():
    with pytest.raises(pydantic.ValidationError, match=r"no feature 'orders__counts' .*orders__count"):
        UpliftSettings(moderators=["orders__counts"])


def test_terms_are_about_0_in_units_of_their_spread():
    features = pa.table(
        {
            "spend__sum__90d": pa.array([0.0, 10.0, 100.0, None, 1e9], pa.float32()),
            "orders__count__90d": pa.array([3.0] * 5, pa.float32()),
            "profile__country__all": pa.array(["GR", "GR", "LT", "LT", None]).dictionary_encode(),
        }
    )
    moderators = learn_moderators(features)
    assert moderators.names == ["spend__sum__90d", "profile__country__all=GR", "profile__country__all=LT"]
    terms = moderators.terms(features)
    assert np.abs(terms.mean(axis=0)).max() < 1e-6
    assert terms.std(axis=0) == pytest.approx([1, 1, 1])
    assert np.isfinite(terms).all()
    far = moderators.terms(features.set_column(0, "spend__sum__90d", pa.array([-1e30] * 5, pa.float32())))
    assert (far[:, 0] == -3).all()
    read = Moderators.from_dict(moderators.to_dict())
    assert np.array_equal(read.terms(features), terms)


def test_nothing_that_makes_a_difference():
    """A source without any moderator, or with nothing but nulls: the effect is the same for all."""
    features = pa.table({"customer_id": ["a", "b"], "tickets__opened__90d": pa.nulls(2, pa.float32())})
    moderators = learn_moderators(features)
    assert moderators.names == []
    assert moderators.terms(features).shape == (2, 0)
    assert Moderators.from_dict(moderators.to_dict()).terms(features).shape == (2, 0)
