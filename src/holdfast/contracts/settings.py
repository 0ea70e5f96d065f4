"""How much bad data a stage accepts before it refuses to go on."""

from pydantic import Field

from holdfast.settings import Settings


class ContractSettings(Settings):
    """Settings of `conf/contracts/`.

    Attributes:
        max_rejected_share: the largest share (0 to 1) of a table's rows in scope (for which `where` is
            true) that may break a rule; above it the data is refused.
        min_known_customers: the least share (0 to 1) of customers that two tables have in common, of the
            smaller one's; below it the data is refused. Fewer than 20 customers are too few to tell.
        max_misspelled_ids: the largest share of a table's customers whom it, or another table, knows only in
            another spelling (capitals, blanks, zeros, `.0`); of customers who do not want to be contacted,
            none may be, unless this is 1.
        max_unknown_consent: the largest share of customers without a word on whether they may be contacted,
            where `consent` is mapped.
        max_changed_consent: the largest share of customers of two deliveries, one after the other, whose
            consent turned from yes to no or from no to yes.
        max_stale_days: score publishes no list when the newest fact is older than so many days before the
            as-of date: everybody would look silent.
    """

    max_rejected_share: float = Field(default=0.1, ge=0.0, le=1.0)
    min_known_customers: float = Field(default=0.05, ge=0.0, le=1.0)
    max_misspelled_ids: float = Field(default=0.01, ge=0.0, le=1.0)
    max_unknown_consent: float = Field(default=0.5, ge=0.0, le=1.0)
    max_changed_consent: float = Field(default=0.5, ge=0.0, le=1.0)
    max_stale_days: int = Field(default=14, ge=0)
