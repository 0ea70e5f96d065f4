"""A simulated company: raw tables as a shop would export them, and the truth about who will leave.

Every cause of leaving is in the tables (slow and repeated tickets, what a ticket says, price rises, a
fading habit, the season); the one thing hidden is how often each customer would buy by nature.
"""
