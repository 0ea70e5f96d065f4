"""Run stages: context, fingerprints, caching, lock, and tracking (the only package that imports mlflow)."""
