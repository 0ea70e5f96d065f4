"""Leakage checks: features with the future deleted or randomised, and columns that predict too well."""
