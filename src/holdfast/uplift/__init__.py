"""Uplift: the effect of a contact on each customer, learned from lists with a random hold-out."""
