"""Use cases: the only door to store and lake."""
