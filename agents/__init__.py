"""Agents, their presence and shifts, the queues of callers, offers and routing."""
