"""Customers' texts: language, mentions, tone and topics, and the features computed from them."""
