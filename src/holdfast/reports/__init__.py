"""Pictures and pages about a model, for people."""
