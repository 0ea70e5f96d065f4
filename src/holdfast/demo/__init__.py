"""A simulated company: raw tables as a shop exports them, and the true churn probabilities.

Every cause of churn is in the tables: slow and repeated tickets, ticket texts, price rises, a fading habit,
the season. Only each customer's base rate of purchases is hidden.
"""
