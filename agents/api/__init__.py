"""The API for other systems: calls, requests, insured people, presence and recordings as JSON, under tokens."""
