"""Offers: an agent is rung for a caller, answers or does not, and what follows for both."""
