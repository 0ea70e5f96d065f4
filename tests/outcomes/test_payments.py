"""Who left because a payment failed, and what became of those whose payment was chased."""

from tests.outcomes.tables import people

from holdfast.outcomes.payments import follow_payments
from holdfast.reports.outcome_words import payments_in_words

STAYED = {"churned": 0.0, "involuntary": None, "payment_due": False}
DECIDED = {"churned": 1.0, "involuntary": 0.0, "payment_due": False}
LOST = {"churned": 1.0, "involuntary": 1.0, "payment_due": True}
CHASED = {"decision": "payment_failed"}


def test_involuntary_churn_is_told_apart() -> None:
    followed = people(
        (5, STAYED), (3, DECIDED), (1, LOST), (2, CHASED | LOST), (4, CHASED | STAYED), (1, CHASED | DECIDED),
        (1, CHASED | STAYED | {"payment_due": True}), (2, CHASED | LOST | {"churned": None}),
    )  # fmt: skip
    found = follow_payments(followed)
    assert found == {
        "left": 7, "involuntary": 3, "listed_left": 4, "listed_involuntary": 1,
        "recovery": {"customers": 8, "settled": 4, "due": 1, "involuntary": 2, "voluntary": 1},
    }  # fmt: skip
    assert payments_in_words({"payments": found}) == [
        "Of the 7 customers who left, 3 did so because a payment failed, not because they decided to; of the "
        "listed 1 of 4.",
        "Of the 8 customers on the payment recovery list 4 stayed and settled it, 1 stayed with a payment "
        "still due, 2 were lost by it, and 1 decided to go.",
    ]


def test_without_payments_nothing_is_said() -> None:
    assert follow_payments(people((2, {"churned": 1.0}))) is None
    assert payments_in_words({"payments": None}) == []
