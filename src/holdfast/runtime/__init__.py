"""How stages are run: context, fingerprints, caching, the lock, and tracking (which alone imports mlflow)."""
