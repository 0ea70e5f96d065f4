"""Limits of channels: who finds one full, where they go, and that nothing is lost on the way."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.outreach.places import Places
from holdfast.outreach.selection import EXCLUSIONS
from holdfast.outreach.settings import OutreachSettings

CHANNELS = {"high": "visit", "medium": "call", "low": "mail"}
# Value at risk 500, 200, 100, 100, 50, 50: one is high, two are medium, three are low.
SPENDS = [100, 40, 20, 20, 10, 10]
SIX = [{"customer_id": f"{number}", "spend_per_day": spend} for number, spend in enumerate(SPENDS)]


def channels_of(at_risk) -> dict[str, str]:
    return dict(zip(at_risk.listed["customer_id"], at_risk.listed["channel"], strict=True))


def test_without_limits_the_tier_decides(build):
    found = channels_of(build(SIX, channels=CHANNELS))
    assert found == {"0": "visit", "1": "call", "2": "call", "3": "mail", "4": "mail", "5": "mail"}


def test_who_finds_a_channel_full_goes_to_that_of_the_next_lower_tier(build):
    at_risk = build(SIX, channels=CHANNELS, capacity_per_channel={"visit": 0, "call": 2})
    expected = {"0": "call", "1": "call", "2": "mail", "3": "mail", "4": "mail", "5": "mail"}
    assert channels_of(at_risk) == expected
    assert at_risk.listed["risk_tier"].to_list() == ["high", "medium", "medium", "low", "low", "low"]
    assert at_risk.limit == "none"


def test_never_to_a_channel_of_a_higher_tier(build):
    at_risk = build(SIX, channels=CHANNELS, capacity_per_channel={"mail": 1})
    expected = {"0": "visit", "1": "call", "2": "call", "3": "mail"}
    assert channels_of(at_risk) == expected
    assert at_risk.counts["over_capacity"] == 2
    assert (at_risk.limit, at_risk.limits["capacity_per_channel"]) == ("capacity_per_channel", 2)


def test_the_channels_of_the_play_are_what_counts(build):
    playbook = {"LONG_SILENCE": {"channel": {"low": "call"}}}
    at_risk = build(SIX, channels=CHANNELS, playbook=playbook, capacity_per_channel={"call": 3})
    assert channels_of(at_risk) == {"0": "visit", "1": "call", "2": "call", "3": "call"}


def test_a_place_that_a_full_channel_leaves_goes_to_the_next_in_the_ranking(build):
    rich = [{"customer_id": f"rich {n}", "spend_per_day": 90 - n} for n in range(4)]
    poor = [{"customer_id": f"poor {n}", "spend_per_day": 1} for n in range(4)]
    channels = {"high": "visit", "medium": "visit", "low": "mail"}
    playbook = {"LONG_SILENCE": {"channel": {"low": "visit"}}, "HABIT": {}}
    rows = [*rich, *(row | {"reason_1_code": "HABIT"} for row in poor)]
    limits = {"capacity": 5, "capacity_per_channel": {"visit": 2}}
    at_risk = build(rows, channels=channels, playbook=playbook, **limits)
    assert at_risk.listed["customer_id"].to_list() == ["rich 0", "rich 1", "poor 0", "poor 1", "poor 2"]
    assert at_risk.limits == {
        "capacity": 1, "capacity_per_owner": 0, "capacity_per_channel": 2, "break_even": 0
    }  # fmt: skip


def test_reasons_are_asked_only_of_those_whose_turn_may_come(build, monkeypatch):
    asked: list[str] = []
    from holdfast.outreach import selection

    def noted(waiting, places, told):
        def tell(ids):
            asked.extend(ids)
            return told(ids)

        return real(waiting, places, tell)

    real = selection._fetch_reasons
    monkeypatch.setattr(selection, "_fetch_reasons", noted)
    rows = [{"customer_id": f"{number:03d}"} for number in range(300)]
    build(rows, capacity=7)
    assert asked == [f"{number:03d}" for number in range(7)]
    asked.clear()
    held = build(rows, capacity=20, holdout_share=0.3)
    drawn = {*held.listed["customer_id"], *held.held_out["customer_id"]}
    assert set(asked) == drawn
    assert len(asked) == len(drawn)


def test_nobodys_draw_decides_their_own_tier(build):
    rows = [{"customer_id": f"{number:02d}", "spend_per_day": 40 - number} for number in range(30)]
    tiers: dict[str, set[str]] = {}
    for salt in range(8):
        at_risk = build(rows, capacity=12, holdout_share=0.4, holdout_salt=f"{salt}")
        for name, tier in zip(at_risk.listed["customer_id"], at_risk.listed["risk_tier"], strict=True):
            tiers.setdefault(name, set()).add(tier)
    assert len(tiers) > 15
    assert {len(found) for found in tiers.values()} == {1}


def test_another_list_has_what_is_left_of_owners_and_channels():
    settings = OutreachSettings(capacity_per_owner=2, capacity_per_channel={"help desk call": 1})
    first = Places(settings, 3)
    first.take("Ana", "help desk call")
    second = first.another_list(None)
    second.take("Ana", "help desk e-mail")
    assert second.closed_for("Ana") == "capacity_per_owner"
    assert first.closed_for("Ana") is None
    assert second.channel_for(["help desk call", "help desk e-mail"]) == "help desk e-mail"
    assert (first.left, second.closed(), first.another_list(0).closed()) == (2, None, "capacity")


customers = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.text(min_size=1, max_size=4),
            "churn_probability": st.floats(0, 1),
            "spend_per_day": st.one_of(st.none(), st.floats(-5, 50)),
            "owner": st.sampled_from([None, "Ana", "Ben"]),
            "consent": st.sampled_from([None, True, False]),
            "renewal_date": st.sampled_from([None, date(2026, 8, 20), date(2027, 8, 20)]),
            "reason_1_code": st.sampled_from([None, "HABIT", "OPEN_TICKET", "PLAN"]),
        }
    ),
    unique_by=lambda row: row["customer_id"],
    max_size=25,
)
limits = st.one_of(st.none(), st.integers(0, 6))
PLAYBOOK = {
    "OPEN_TICKET": {"channel": {"low": "call"}},
    "PLAN": {
        "variants": [{"when": {"renewal_within_days": 60}, "channel": {"medium": "visit", "low": "visit"}}]
    },
}


@given(customers, limits, limits, limits, limits, limits, st.sampled_from([0, 0.3]))
@pytest.mark.slow
def test_totals_reconcile_whatever_is_limited(build, rows, capacity, owner, visits, calls, mails, share):
    most = {name: n for name, n in {"visit": visits, "call": calls, "mail": mails}.items() if n is not None}
    at_risk = build(
        rows,
        channels=CHANNELS,
        playbook=PLAYBOOK,
        capacity=capacity,
        capacity_per_owner=owner,
        capacity_per_channel=most,
        holdout_share=share,
    )
    counts, listed = at_risk.counts, at_risk.listed
    assert counts["eligible"] == len(rows)
    assert counts["eligible"] == counts["listed"] + counts["held_out"] + sum(counts[n] for n in EXCLUSIONS)
    assert (counts["listed"], counts["held_out"]) == (len(listed), len(at_risk.held_out))
    kept_off = {name: n for name, n in at_risk.limits.items() if name != "break_even"}
    assert sum(kept_off.values()) == counts["over_capacity"]
    assert at_risk.limits["break_even"] == counts["not_worth_it"]
    used = listed["channel"].value_counts()
    assert all(used.get(name, 0) <= n for name, n in most.items())
    assert capacity is None or len(listed) <= capacity
    assert owner is None or listed["owner"].value_counts().le(owner).all()
    assert listed["expected_net_value"].is_monotonic_decreasing
    if at_risk.limit == "none":
        assert not counts["over_capacity"]
        assert not counts["not_worth_it"]
