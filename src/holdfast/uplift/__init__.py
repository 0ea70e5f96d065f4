"""What a contact changes, and for whom: learned from lists of which some were held out by chance."""
