"""Variety: how many different things the customer buys, and whether new ones still come."""

from holdfast.features.family import Family, Feature, Windows
from holdfast.features.measures import change, select

purchases = select("purchase")
products = purchases.distinct("product")

VARIETY = Family(
    name="variety",
    stream="transactions",
    reason="LESS_VARIETY",
    features=(
        Feature("products", products.count(), "products", "different products", Windows.BOTH),
        Feature("products_change", change(products.count()), "-1 to 1", "products against the window before"),
        Feature(
            "new_products",
            purchases.first("product").count(),
            "products",
            "products never bought before",
        ),
        Feature(
            "repeat_share",
            purchases.repeated("product").count() / purchases.count(),
            "share 0 to 1",
            "of the lines are of a product bought before",
            Windows.BOTH,
        ),
        Feature(
            "categories",
            purchases.distinct("category").count(),
            "categories",
            "different categories",
            Windows.BOTH,
        ),
        Feature(
            "channels", purchases.distinct("channel").count(), "channels", "different channels", Windows.BOTH
        ),
        Feature(
            "last_channel",
            purchases.newest("channel"),
            "level",
            "the channel of the last purchase",
            Windows.LIFE,
            "HABIT",
            level=True,
        ),
    ),
)
