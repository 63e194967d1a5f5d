"""Callbacks: calls that were promised, when they are due, and how they are placed."""
