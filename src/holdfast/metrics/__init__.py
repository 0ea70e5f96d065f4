"""Statistics that several domains use: metrics of churn probabilities, intervals, bins, stability, shares."""
