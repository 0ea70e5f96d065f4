"""Customers' texts: language, mentions, tone and topics, and the features made of them."""
