"""From a report to its results: data, training, evaluation; finished work is skipped."""
