"""Everything shared by all customers: products, prices, countries, segments, season, load of support.

Days are counted from the first day of the raw tables (day 0). The calendar begins `BURN_IN_DAYS` earlier, so
that day 0 is not the company's first day, and ends with the last outcome window of the truth.
"""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.demo.chance import uniforms
from holdfast.demo.settings import DemoSettings

BURN_IN_DAYS = 365
CAMPAIGN_EVERY_DAYS = 28
PRODUCTS_PER_GROUP = 12

Floats = NDArray[np.float64]


class Country(NamedTuple):
    """A country: two-letter code, share of customers, language and time zone."""

    code: str
    share: float
    language: str
    time_zone: str


class Segment(NamedTuple):
    """A segment: share of customers, usual days between orders, lines an order, units a line."""

    name: str
    share: float
    days_between: float
    lines: float
    units: int


class PriceRise(NamedTuple):
    """From `days_before_end` on a product group costs `weight` × `price_rise` more in the countries named."""

    group: int
    days_before_end: int
    weight: float
    countries: tuple[str, ...]


GROUPS = ("coffee", "cleaning", "paper", "snacks", "kitchen", "lighting")
LIST_PRICES = (14.0, 9.0, 6.5, 5.0, 28.0, 36.0)
GROUP_SHARES = (0.30, 0.22, 0.18, 0.16, 0.08, 0.06)

COUNTRIES = (
    Country("GB", 0.28, "en", "Europe/London"),
    Country("IE", 0.08, "en", "Europe/Dublin"),
    Country("GR", 0.22, "el", "Europe/Athens"),
    Country("CY", 0.06, "el", "Asia/Nicosia"),
    Country("LT", 0.22, "lt", "Europe/Vilnius"),
    Country("IR", 0.14, "fa", "Asia/Tehran"),
)
SEGMENTS = (
    Segment("household", 0.52, 14.0, 0.55, 2),
    Segment("office", 0.33, 11.0, 0.9, 4),
    Segment("cafe", 0.15, 9.0, 1.3, 6),
)

EVERYWHERE = tuple(country.code for country in COUNTRIES)
PRICE_RISES = (
    PriceRise(0, 560, 0.9, EVERYWHERE),
    PriceRise(1, 470, 1.1, ("GR", "CY", "LT")),
    PriceRise(2, 380, 1.0, EVERYWHERE),
    PriceRise(3, 330, 1.2, ("GB", "IE", "IR")),
    PriceRise(0, 270, 1.1, ("GB", "IE", "LT")),
    PriceRise(1, 180, 1.0, EVERYWHERE),
    PriceRise(0, 115, 0.8, ("GR", "CY", "IR")),
    PriceRise(3, 75, 0.8, ("GR", "CY", "LT")),
)
# Overloads of support: days before the end (from, to), and the factor by which support was slower.
OVERLOADS = (
    (640, 600, 2.0), (500, 455, 2.4), (350, 320, 2.2), (245, 175, 1.7), (120, 95, 1.7), (50, 25, 2.0),
)  # fmt: skip
WEEKDAYS = (0.10, 0.10, 0.05, 0.05, 0.10, -0.20, -0.30)  # Monday first: logarithm of the intensity


class Market(NamedTuple):
    """Calendar and products, as arrays for the compiled simulation; `[day + before]` is the index of a day.

    Attributes:
        before: days that the calendar has before day 0.
        days: days in the raw tables.
        season: factor on the intensity of buying, by day.
        load: the factor by which support is slower than usual, by day.
        campaign: the number of the campaign that goes out on a day, 0 for none, by day.
        price: price over list price, by country, product group and day.
        list_price: money a unit, by product.
        contact_effect: factor on what a contact adds to the logarithm of the intensity.
        control_groups: 1: customers whom chance left out of a campaign are recorded; 0: they are not.
        truth_days: the days with true probabilities, ascending.
        gap, horizon, active: days of the churn definition.
        draws: futures that a true probability averages over.
    """

    before: int
    days: int
    season: Floats
    load: Floats
    campaign: NDArray[np.int64]
    price: NDArray[np.float64]
    list_price: Floats
    contact_effect: float
    control_groups: int
    truth_days: NDArray[np.int64]
    gap: int
    horizon: int
    active: int
    draws: int


def build_market(settings: DemoSettings, seed: int) -> Market:
    """Build the market of a company from settings and seed."""
    ahead = settings.gap_days + settings.horizon_days + 1
    days = np.arange(-BURN_IN_DAYS, settings.days + ahead)
    weeks = np.arange(settings.truth_weeks, -1, -1)
    truth_days = settings.days - 7 * weeks
    return Market(
        before=BURN_IN_DAYS,
        days=settings.days,
        season=_season(settings, days),
        load=_load(settings, seed, days),
        campaign=np.where(
            days % CAMPAIGN_EVERY_DAYS == 1, (days + BURN_IN_DAYS) // CAMPAIGN_EVERY_DAYS + 1, 0
        ),
        price=_prices(settings, days),
        list_price=_list_prices(),
        contact_effect=settings.contact_effect,
        control_groups=int(settings.control_groups),
        truth_days=truth_days[truth_days > 0],
        gap=settings.gap_days,
        horizon=settings.horizon_days,
        active=settings.active_within_days,
        draws=settings.truth_draws,
    )


def _season(settings: DemoSettings, days: NDArray[np.int64]) -> Floats:
    first = settings.end - timedelta(days=settings.days)
    turn = 2 * np.pi * (days + first.timetuple().tm_yday - 340) / 365.25  # the peak is early December
    weekday = np.asarray(WEEKDAYS)[(days + first.weekday()) % 7]
    return np.asarray(np.exp(0.10 * np.cos(turn) + weekday), dtype=np.float64)


def _load(settings: DemoSettings, seed: int, days: NDArray[np.int64]) -> Floats:
    week = (days + BURN_IN_DAYS) // 7
    load = np.exp(0.5 * (uniforms(seed, 1, week) - 0.5))
    left = settings.days - days
    for since, until, factor in OVERLOADS:
        load[(left <= since) & (left > until)] *= factor
    return np.asarray(load * settings.support_delay, dtype=np.float64)


def _prices(settings: DemoSettings, days: NDArray[np.int64]) -> NDArray[np.float64]:
    price = np.ones((len(COUNTRIES), len(GROUPS), len(days)))
    left = settings.days - days
    for rise in PRICE_RISES:
        factor = np.where(left <= rise.days_before_end, 1 + settings.price_rise * rise.weight, 1.0)
        for index, country in enumerate(COUNTRIES):
            if country.code in rise.countries:
                price[index, rise.group] *= factor
    return price


def _list_prices() -> Floats:
    spread = 1 + 0.12 * (np.arange(PRODUCTS_PER_GROUP) - PRODUCTS_PER_GROUP / 2) / 2
    return np.round(np.outer(LIST_PRICES, spread), 2).ravel()
