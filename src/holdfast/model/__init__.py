"""The churn model: LightGBM and a logistic regression, cross-validated over time, blended and calibrated."""
