"""How good the predictions are, beside other ways to make them."""
