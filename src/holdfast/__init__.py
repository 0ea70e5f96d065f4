"""Holdfast: who is about to leave, why, what it is worth, and whom to call first.

Read `pipeline.py` first: it is the table of contents.
"""

__version__ = "0.1.0"
