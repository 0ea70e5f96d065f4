"""Outcomes of at-risk lists and the effect of contacting customers; pure functions, no I/O, no clock."""
