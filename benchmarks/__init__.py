"""Speed measurements; never part of the tests."""
