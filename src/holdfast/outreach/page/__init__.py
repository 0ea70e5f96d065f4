"""The list as one web page: its words, what it is told, and how it is written."""
