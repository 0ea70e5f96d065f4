"""The stages, one file each: read artifacts, call the domain, write an artifact; see `pipeline.py`."""
