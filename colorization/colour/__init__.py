"""Colour spaces, the scalings that networks see, and the 313 colours of a classification."""
