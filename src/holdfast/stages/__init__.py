"""How each stage of `pipeline.py` does its work: thin edges around the pure core below."""
