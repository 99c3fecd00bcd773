"""Images: where they come from, how they are prepared once, how they reach `fit`."""
