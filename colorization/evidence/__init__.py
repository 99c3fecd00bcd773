"""From stored results to verdicts on what a report claims."""
