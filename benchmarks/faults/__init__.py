"""System calls that fail once, one after the other, within a `holdfast score`."""
