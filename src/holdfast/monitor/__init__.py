"""Whether a model can still be relied on: drift of its inputs and scores, and what became of earlier ones."""
