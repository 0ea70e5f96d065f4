"""Limits of bad data, above which a run is refused."""

from pydantic import Field

from holdfast.settings import Settings


class ContractSettings(Settings):
    """Settings of `conf/contracts/`.

    Attributes:
        max_rejected_share: the largest share (0 to 1) of a table's rows in scope (`where` is true) that may
            break a rule.
        max_rejected_delivery: the same for each new file of a table that has several: above this share the
            run is refused, above `max_rejected_share` the list says so. Not checked with fewer than 20 rows.
        min_known_customers: the smallest share (0 to 1) of the smaller table's customers that two tables
            must have in common. Not checked with fewer than 20 customers.
        max_misspelled_ids: the largest share of a table's customers whose id has another spelling (capitals,
            blanks, zeros, `.0`) elsewhere in it or in another table. Customers without consent may have none,
            unless this is 1.
        max_unknown_consent: the largest share of customers without a value of `consent`, if it is mapped.
        max_changed_consent: the largest share of customers whose consent changed since the last delivery.
        max_stale_days: score publishes no list if the last fact is more than this many days before the as-of
            date: everybody would look silent.
    """

    max_rejected_share: float = Field(default=0.1, ge=0.0, le=1.0)
    max_rejected_delivery: float = Field(default=0.5, ge=0.0, le=1.0)
    min_known_customers: float = Field(default=0.05, ge=0.0, le=1.0)
    max_misspelled_ids: float = Field(default=0.01, ge=0.0, le=1.0)
    max_unknown_consent: float = Field(default=0.5, ge=0.0, le=1.0)
    max_changed_consent: float = Field(default=0.5, ge=0.0, le=1.0)
    max_stale_days: int = Field(default=14, ge=0)
