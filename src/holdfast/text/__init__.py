"""What customers wrote: facts of each text, and what a training learns from them."""
