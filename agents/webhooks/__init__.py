"""Outgoing webhooks: what happened here is told to the insurer's other systems, signed, at least once."""
