"""Payments: failed attempts to charge, their retries, and what is due next."""

from holdfast.features.family import ALL, BOTH, HIGHER, LOWER, Claim, Family, Feature, Figure, Group, Reason
from holdfast.features.measures import AGE, GAP, days_since, select
from holdfast.features.reasons import FALLBACK

attempts, paid, failed = select("paid", "payment_failed"), select("paid"), select("payment_failed")
last_attempts = attempts.distinct("subscription")
failing = failed.since_last(paid)
until_next = 0 - failing.last(days_since("next_attempt_at"))

PAYMENTS = Family(
    name="payments",
    stream="payments",
    reasons=(
        Reason("PAYMENT_FAILED", general=Claim("payments__unpaid", Group.NOBODY, above=0),
               figures=(Figure("failed_attempts", Claim("payments__failing", Group.NOBODY, above=0)),
                        Figure("failing_days", Claim("payments__failing_days", Group.NOBODY, at_least=0)))),
    ),
    features=(
        Feature("failed", failed.count(), "attempts", "failed attempts", BOTH, HIGHER),
        Feature("failed_share", failed.count() / attempts.count(), "share 0 to 1", "of attempts that failed",
                BOTH, HIGHER),
        Feature("retries", attempts.repeated("payment").count(), "attempts", "further attempts of a payment",
                BOTH, HIGHER),
        Feature("unpaid", last_attempts.sum("failed"), "subscriptions", "whose last attempt failed", ALL,
                HIGHER),
        Feature("failing", failing.count(), "attempts", "failed since the last payment", ALL, HIGHER),
        Feature("failing_days", failing.max(AGE), "days",
                "since the first failed attempt after the last payment", ALL, HIGHER),
        Feature("days_since_failed", failed.min(AGE), "days", "since the last failed attempt", ALL, LOWER),
        Feature("days_since_paid", paid.min(AGE), "days", "since the last payment", ALL, None, FALLBACK),
        Feature("until_due", paid.mean(GAP) - paid.min(AGE), "days (below 0: overdue)",
                "until the next payment, by the mean gap between two", ALL, None, FALLBACK),
        Feature("due", failing.last("amount"), "money", "of the last failed attempt, if still due", ALL),
        Feature("next_attempt_in", until_next, "days (below 0: past)",
                "until a payment that failed is tried again", ALL),
        Feature("failure_code", failing.last("failure_code"), "level",
                "of the last failed attempt, if still due", ALL),
    ),
)  # fmt: skip
