"""How good predictions are: metrics of one set of rows, and how far they could be chance."""
