"""Waiting: how long, in which lane and by which rules callers stand in a queue, and what they are told of it."""
