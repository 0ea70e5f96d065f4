"""Trouble with a night's input: what is refused, what is published with a banner, and what does harm."""
