"""Variety: the number of different products, categories and channels, and of new products."""

from holdfast.features.family import (
    ALL,
    BOTH,
    EACH,
    HIGHER,
    LOWER,
    Cause,
    Claim,
    Family,
    Feature,
    Figure,
    Reason,
)
from holdfast.features.measures import select

purchases = select("purchase")
products, categories, channels = (
    purchases.distinct(key).count() for key in ("product", "category", "channel")
)
new_products, repeats = purchases.first("product").count(), purchases.repeated("product").count()
last_channel = purchases.last("channel")

VARIETY = Family(
    name="variety",
    stream="transactions",
    rhythm=("gaps__mean",),
    reasons=(
        Reason("LESS_VARIETY", cause=Cause.LESS, general=Claim("variety__products"),
               figures=(Figure("products", Claim("variety__products", than="before", longest=0)),)),
    ),
    features=(
        Feature("products", products, "products", "different products", BOTH, LOWER),
        Feature("products_change", products.change(), "-1 to 1", "against the window before", EACH, LOWER),
        Feature("new_products", new_products, "products", "products never bought before", EACH, LOWER),
        Feature("repeat_share", repeats / purchases.count(), "share 0 to 1",
                "of the lines are of a product bought before", BOTH, HIGHER),
        Feature("categories", categories, "categories", "different categories", BOTH, LOWER),
        Feature("channels", channels, "channels", "different channels", BOTH, LOWER),
        Feature("last_channel", last_channel, "level", "the channel of the last purchase", ALL, None,
                "HABIT"),
    ),
)  # fmt: skip
