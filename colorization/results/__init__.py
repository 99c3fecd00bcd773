"""Stored results: what a finished run leaves. Needs neither Keras nor its backend."""
