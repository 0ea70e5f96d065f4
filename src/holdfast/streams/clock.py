"""Units and limits of times: int64 microseconds of the source's wall clock."""

DAY = 86_400_000_000  # microseconds
HOUR = DAY // 24
THURSDAY = 3  # the weekday of 1970-01-01, Monday being 0
NEVER = 2**63 - 1  # what has not happened: later than any time
ALWAYS = -(2**63)  # a fact without a time, such as an unchanging attribute: earlier than any as-of date
