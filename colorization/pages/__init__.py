"""Tables, figures and pages, rendered from stored results alone."""
