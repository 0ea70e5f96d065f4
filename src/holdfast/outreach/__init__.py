"""Whom to contact: from scored customers to a ranked, money-weighted list with limits and a hold-out."""
