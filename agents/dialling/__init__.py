"""Calls that agents make: to numbers, to colleagues, and of a caller to a number outside."""
