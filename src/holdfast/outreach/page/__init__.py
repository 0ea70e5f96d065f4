"""The list as one web page: its texts, its data and its rendering."""
