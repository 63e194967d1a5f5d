"""Agents' work from the terminal."""
