"""The suggestion of a horizon and an eligibility, in words."""

from holdfast.timeline.choices import describe_fit

FOUND = {
    "gaps": {"count": 28790, "quantiles": {"0.5": 12.0, "0.75": 26.0, "0.9": 48.0, "0.99": 135.0}},
    "suggested": {"active_within_days": 180, "horizon_days": 60},  # as JSON orders them
}


def test_what_fits_beside_what_is_in_use():
    said = describe_fit(FOUND, (60, 180))
    assert "at most 12 days long, 90% 48, 99% 135" in said
    assert said.endswith("churn.horizon_days=60 churn.active_within_days=180 fits (as in use)")
    assert describe_fit(FOUND, (30, 90)).endswith("fits (in use: 30 and 90)")


def test_too_few_gaps():
    few = {"gaps": {"count": 12, "quantiles": {}}, "suggested": None}
    assert "12 gaps between purchases are too few" in describe_fit(few, (60, 180))
