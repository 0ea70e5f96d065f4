"""Ids that a spreadsheet took for numbers are refused; strangers and exact ids may stand."""

import pytest

from holdfast.contracts.identifiers import refuse_reformatted_ids, refuse_strangers
from holdfast.errors import DataRefused

KNOWN = ("007", "0100", "12", "AB0")


@pytest.mark.parametrize("given", [(), KNOWN, ("999", "B7", "AB", "7.5", "AB0.0")])
def test_exact_ids_and_strangers_stand(given: tuple[str, ...]) -> None:
    refuse_reformatted_ids(given, KNOWN, where="contacts=x")  # raises nothing


@pytest.mark.parametrize(
    "given",
    [
        "7", "7.0", "100", "0012", "12.0", "00AB0", '"12"', "12,asked by phone", "ab0;2026-01-03",
        "Ann <12>", "1\x002\x00",
    ],
)  # fmt: skip
def test_other_zeros_are_refused_without_the_id(given: str) -> None:
    with pytest.raises(DataRefused, match="customer ids are known only in another spelling") as refused:
        refuse_reformatted_ids([given, "12", "stranger"], KNOWN, where="contacts=x")
    assert "where:    contacts=x" in str(refused.value)
    assert "stranger" not in str(refused.value)


def test_a_file_of_strangers_is_refused() -> None:
    """It names customers by e-mail where the data has numbers: nobody would be left out."""
    known = [f"{number:04}" for number in range(1000)]
    mails = [f"k{number}@shop.example" for number in range(30)]
    with pytest.raises(DataRefused, match="next to none of the customers") as refusal:
        refuse_strangers(mails, known, 0.05, "outreach.do_not_contact")
    assert "0 of 30 ids" in str(refusal.value)
    refuse_strangers([*mails, *known[:2]], known, 0.05, "outreach.do_not_contact")
    refuse_strangers([*mails[:18], known[0]], known, 0.25, "outreach.do_not_contact")
    refuse_strangers(mails[:4], known, 0.05, "outreach.do_not_contact")
    with pytest.raises(DataRefused, match="next to none of the customers"):
        refuse_strangers(mails[:5], known, 0.05, "outreach.do_not_contact")
    refuse_strangers(mails, known, 0, "outreach.do_not_contact")
