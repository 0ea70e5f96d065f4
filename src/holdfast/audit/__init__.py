"""Whether a feature sees the future: logs without it or with another one, and what looks too good."""
