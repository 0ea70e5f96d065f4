"""Metrics of churn probabilities and their confidence intervals."""
