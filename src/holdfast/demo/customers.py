"""The fixed traits of customers, each drawn by a hash of the customer's number."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from holdfast.demo.chance import picks, uniforms, words
from holdfast.demo.market import BURN_IN_DAYS, COUNTRIES, GROUP_SHARES, SEGMENTS
from holdfast.demo.mind import PERSON
from holdfast.demo.traces import ONLINE_SHARES
from holdfast.demo.words import NAMES, OWNERS_OF

EXISTING_SHARE = 0.36  # signed up before the tables begin
GAMMA_SHAPE = 8  # of the hidden factor on a customer's base rate: mean 1, standard deviation 1/√8
NO_CONSENT, UNKNOWN_CONSENT = 0.07, 0.04
VISITS_SPREAD = 0.8  # days on the web site for each purchase: e to the power of −0.8 … 0.8

# Purposes of hashes: customers' traits.
_STREAM, _SEGMENT, _COUNTRY, _FAVOURITE, _EXISTING, _SIGNED_UP, _CONSENT, _SEX, _GIVEN, _SURNAME, _OWNER = (
    range(100, 111)
)
_ONLINE, _VISITS = 111, 112
_BASE = 120


def draw_persons(first: int, count: int, days: int, seed: int) -> NDArray[Any]:
    """The customers `first` … `first + count − 1` of a company whose tables are `days` long."""
    number = np.arange(first, first + count, dtype=np.int64)
    persons = np.zeros(count, PERSON)
    persons["customer"] = number
    persons["stream"] = words(seed, _STREAM, number)
    persons["segment"] = picks(seed, _SEGMENT, number, [segment.share for segment in SEGMENTS])
    persons["country"] = picks(seed, _COUNTRY, number, [country.share for country in COUNTRIES])
    persons["favourite"] = picks(seed, _FAVOURITE, number, list(GROUP_SHARES))
    existing = uniforms(seed, _EXISTING, number) < EXISTING_SHARE
    when = uniforms(seed, _SIGNED_UP, number)
    persons["signed_up"] = np.where(existing, np.floor((when - 1) * BURN_IN_DAYS), np.floor(when * days))
    persons["base"] = _base_rates(persons["segment"], number, seed)
    persons["may_contact"] = uniforms(seed, _CONSENT, number) >= NO_CONSENT
    persons["lines"] = np.array([segment.lines for segment in SEGMENTS])[persons["segment"]]
    persons["online"] = picks(seed, _ONLINE, number, list(ONLINE_SHARES))
    persons["visits"] = np.exp(VISITS_SPREAD * (2 * uniforms(seed, _VISITS, number) - 1))
    persons["units"] = np.array([segment.units for segment in SEGMENTS])[persons["segment"]]
    return persons


def _base_rates(segment: NDArray[np.int64], number: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Purchases a day at full habit: the segment's rate times a gamma factor (a mean of exponentials)."""
    draws = [-np.log1p(-uniforms(seed, _BASE + draw, number)) for draw in range(GAMMA_SHAPE)]
    usual = np.array([1 / kind.days_between for kind in SEGMENTS])[segment]
    return np.asarray(usual * np.mean(draws, axis=0), dtype=np.float64)


def consents(number: NDArray[np.int64], seed: int) -> list[bool | None]:
    """Whether each customer may be contacted; None: unknown (campaigns contact them)."""
    luck = uniforms(seed, _CONSENT, number)
    return [
        False if u < NO_CONSENT else None if u < NO_CONSENT + UNKNOWN_CONSENT else True for u in luck.tolist()
    ]


def name_customers(
    country: NDArray[np.int64], number: NDArray[np.int64], seed: int
) -> tuple[list[str], list[str]]:
    """Full names, and account managers who speak the customers' language."""
    sex, given, surname, owner = (
        words(seed, what, number).tolist() for what in (_SEX, _GIVEN, _SURNAME, _OWNER)
    )
    names, owners = [], []
    for row, place in enumerate(country.tolist()):
        language = COUNTRIES[place].language
        stock = NAMES[language]
        woman = (sex[row] >> 32) % 2 == 0
        first = stock.women if woman else stock.men
        last = stock.womens_surnames if woman else stock.mens_surnames
        names.append(f"{first[(given[row] >> 32) % len(first)]} {last[(surname[row] >> 32) % len(last)]}")
        managers = OWNERS_OF[language]
        owners.append(managers[(owner[row] >> 32) % len(managers)])
    return names, owners
