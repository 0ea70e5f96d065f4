"""Retention: rates, revenue, cohorts, segments, the voice of the customer and goals."""
