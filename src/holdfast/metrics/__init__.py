"""How good churn probabilities are: metrics of predictions and their confidence intervals."""
