"""The feature families, in one explicit list."""

from holdfast.features.families.contacts import CONTACTS
from holdfast.features.families.gaps import GAPS
from holdfast.features.families.habits import HABITS
from holdfast.features.families.orders import ORDERS
from holdfast.features.families.past_inactivity import PAST_INACTIVITY
from holdfast.features.families.payments import PAYMENTS
from holdfast.features.families.profile import PROFILE
from holdfast.features.families.recency import RECENCY
from holdfast.features.families.refunds import REFUNDS
from holdfast.features.families.satisfaction import SATISFACTION
from holdfast.features.families.spend import SPEND
from holdfast.features.families.subscription import SUBSCRIPTION
from holdfast.features.families.support import SUPPORT
from holdfast.features.families.surveys import SURVEYS
from holdfast.features.families.tickets import TICKETS
from holdfast.features.families.usage import USAGE
from holdfast.features.families.variety import VARIETY
from holdfast.features.family import Family

FAMILIES: tuple[Family, ...] = (
    RECENCY,
    ORDERS,
    SPEND,
    REFUNDS,
    GAPS,
    PAST_INACTIVITY,
    VARIETY,
    HABITS,
    TICKETS,
    SUPPORT,
    SATISFACTION,
    SURVEYS,
    USAGE,
    PROFILE,
    SUBSCRIPTION,
    PAYMENTS,
    CONTACTS,
)
