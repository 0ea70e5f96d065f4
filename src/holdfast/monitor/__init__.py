"""Model monitoring: drift of inputs and scores, and the results of earlier scoring runs."""
